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

    let statuses: Vec<u16> = server.provider().journal().iter().map(|entry| entry.status).collect();
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

fn faulty(fault: &str) -> Arc<Provider> {
    Arc::new(Provider::builder().fault(fault.parse().unwrap()).build().unwrap())
}

#[tokio::test]
async fn a_socket_breaks_off_where_a_fault_says() {
    let server = Server::start(faulty("drop, cut, html"), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = server.url();
    let address: SocketAddr = url.trim_start_matches("http://").trim_end_matches("/scim/v2").parse().unwrap();
    let head = "GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nhost: x";

    assert_eq!(exchange(address, head, "").await, "", "dropped");

    let cut = exchange(address, head, "").await;
    let (headers, body) = cut.split_once("\r\n\r\n").unwrap();
    let promised = headers.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(headers.starts_with("HTTP/1.1 200 OK\r\n"), "{headers}");
    assert_eq!(body.len(), promised.parse::<usize>().unwrap() / 2);

    assert!(exchange(address, head, "").await.contains("content-type: text/html\r\n"));
    let whole = exchange(address, head, "").await;
    assert!(whole.ends_with('}'), "{whole}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn memory_breaks_off_where_a_fault_says() {
    let mut service = ProviderService(faulty("drop, cut"));
    let request = || Request::get("/scim/v2/ServiceProviderConfig").body(Bytes::new()).unwrap();
    assert_eq!(service.call(request()).await.unwrap_err(), super::Disconnected);
    let cut = service.call(request()).await.unwrap().into_body();
    let whole = service.call(request()).await.unwrap().into_body();
    assert_eq!(cut, whole.slice(..whole.len() / 2));
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_is_trusted_through_its_authority() {
    use rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned,
        pki_types::{CertificateDer, pem::PemObject},
    };

    let tls = super::Tls::self_signed(&["0.0.0.0", "scim.example.com"]).unwrap();
    let server = Server::start_tls(provider(), "127.0.0.1:0".parse().unwrap(), &tls).await.unwrap();
    let url = server.url();
    let address: SocketAddr =
        url.trim_start_matches("https://").trim_end_matches("/scim/v2").parse().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(tls.authority().unwrap().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    for name in ["localhost", "127.0.0.1", "scim.example.com", "other.example.com"] {
        let config = Arc::clone(&config);
        let answer = tokio::task::spawn_blocking(move || {
            let connection = ClientConnection::new(config, name.try_into().unwrap()).unwrap();
            let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
            let request = "GET /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\nconnection: close\r\n\r\n";
            let written = stream.write_all(request.as_bytes());
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            written.map(|()| String::from_utf8_lossy(&answer).into_owned())
        });
        let answer = answer.await.unwrap();
        match name {
            "other.example.com" => assert!(answer.is_err(), "{answer:?}"),
            _ => assert!(answer.unwrap().starts_with("HTTP/1.1 200 OK\r\n")),
        }
    }
    let (plain, closed) = (exchange(address, "GET / HTTP/1.1\r\nhost: x", "").await, server.stop().await);
    assert!(!plain.starts_with("HTTP"), "{plain}");
    closed.unwrap();
}

#[cfg(feature = "tls")]
#[test]
fn certificates_that_cannot_be_used_say_why() {
    use super::Tls;

    let error = |certificate: &str, key: &str| {
        Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(error("", ""), "there is no certificate in the file");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    assert!(error(&made.cert.pem(), "").starts_with("the key is not PEM: "));
    assert!(error(&made.cert.pem(), &other.serialize_pem()).starts_with("the certificate cannot be used: "));
    assert!(Tls::from_pem(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).is_ok());
    assert!(Tls::self_signed(&["no name"]).is_err() || Tls::self_signed(&["é"]).is_err());
}

#[tokio::test]
async fn what_is_no_http_is_in_the_journal() {
    let server = Server::start(provider(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = server.url();
    let address: SocketAddr = url.trim_start_matches("http://").trim_end_matches("/scim/v2").parse().unwrap();
    let raw = [
        r#"GET /scim/v2/Users?filter=userName eq "ada"&token=pssst HTTP/1.1"#,
        r#"GET /scim/v2/Users?filter=userName%20eq%20"ada" HTTP/1.1"#,
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
    ];
    for line in raw {
        let refused = exchange(address, &format!("{line}\r\nhost: x"), "").await;
        assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 400 "), "{refused}");
    }
    let journal = server.provider().journal();
    let targets: Vec<&str> = journal.iter().map(|entry| entry.target.as_str()).collect();
    assert_eq!(
        targets[..2],
        [
            r#"/scim/v2/Users?filter=userName eq "ada"&token=..."#,
            r#"/scim/v2/Users?filter=userName%20eq%20"ada""#,
        ]
    );
    assert!(journal.iter().all(|entry| entry.unreadable && entry.status == 400), "{journal:?}");
    server.stop().await.unwrap();
}

/// Time is tokio's here, and moves when there is nothing else to do.
#[tokio::test(start_paused = true)]
async fn half_a_request_does_not_keep_the_server() {
    let server = Server::start(provider(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = server.url();
    let address = url.trim_start_matches("http://").trim_end_matches("/scim/v2").to_owned();
    let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = b"POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut half, head).await.unwrap();
    server.stop().await.unwrap();
}
