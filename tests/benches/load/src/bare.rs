//! What a server cannot do without: axum, one route, one constant user. `bare PORT`.

use axum::{Router, extract::Path, http::header, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: bare PORT")?.parse()?;
    let app = Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(|| async { "{}" }))
        .route("/scim/v2/Users/{id}", get(user));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    // As every other server here: a small answer must not wait for more to send.
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}

async fn user(Path(_): Path<String>) -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/scim+json")], USER)
}

/// As long as what a SCIM server would say of one of the users of `load`.
const USER: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"2819c223-7f76-453a-919d-413861904646","externalId":"00u000017","meta":{"resourceType":"User","created":"2026-01-23T04:56:22.123Z","lastModified":"2026-05-13T04:42:34.123Z","location":"http://127.0.0.1:8080/scim/v2/Users/2819c223-7f76-453a-919d-413861904646","version":"W/\"1\""},"userName":"ada.lovelace.17@example.com","name":{"givenName":"Ada","familyName":"Lovelace"},"displayName":"Ada Lovelace","title":"Engineer","active":true,"emails":[{"value":"ada.lovelace.17@example.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+44 20 7946 000017","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"17","department":"Analytical Engines"}}"#;
