use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use bytes::Bytes;
use http::Request;
use scim_core::vendor::Profile;
use tower_service::Service;

use super::{ProviderService, Server};
use crate::provider::{MAX_BODY, Provider, World};

fn provider() -> Arc<Provider> {
    let profile = Profile::builtin("interop").unwrap();
    Arc::new(Provider::new(profile, World::deterministic()).with_token(Some("t".into())))
}

/// Sends one request over a socket of its own and returns everything that comes back.
async fn exchange(address: SocketAddr, head: &str, body: &str) -> String {
    let request = format!("{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // A server that refuses a large body may close before it has read all of it.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_socket_answers_as_memory_does() {
    let server = Server::start(provider(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = server.url();
    let address: SocketAddr = url.trim_start_matches("http://").trim_end_matches("/scim/v2").parse().unwrap();
    let ada = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}"#;
    let head = "POST /scim/v2/Users HTTP/1.1\r\nhost: evil.example\r\nauthorization: Bearer t";

    let created = exchange(address, head, ada).await;
    assert!(created.starts_with("HTTP/1.1 201 Created\r\n"), "{created}");
    assert!(created.contains(&format!("location: {url}/Users/")), "{created}");

    let open = exchange(address, "GET /scim/v2/Users HTTP/1.1\r\nhost: x", "").await;
    assert!(open.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{open}");
    assert!(open.contains("www-authenticate: Bearer\r\n"), "{open}");

    let large = exchange(address, head, &"x".repeat(MAX_BODY + 1)).await;
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 413 "), "{}", &large[..large.len().min(200)]);

    let statuses: Vec<u16> = server.provider().request_log().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [201, 401, 413]);
    server.stop().await.unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_tower_service_answers_in_memory() {
    let mut service = ProviderService(provider());
    let request =
        Request::get("/scim/v2/Users").header("authorization", "Bearer t").body(Bytes::new()).unwrap();
    let response = service.call(request).await.unwrap();
    assert_eq!(response.status(), 200);
}
