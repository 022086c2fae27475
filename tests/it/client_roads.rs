//! The roads that a client can take: memory, TLS with a client certificate, a proxy, a thread that waits.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use futures_util::TryStreamExt;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer,
    server::WebPkiClientVerifier,
};
use scim_client::{Client, Creation, List, MemberChanges, ServerLimits, blocking};
use scim_core::{
    patch::PatchOp,
    resource::{Group, User},
    vendor::Profile,
};
use scim_testkit::{
    provider::{Provider, World},
    serve::{ProviderService, Server},
};
use serde_json::json;

use crate::client_server::{Scripted, json as answer};

fn provider(profile: &str) -> Arc<Provider> {
    let profile = Profile::builtin(profile).expect("it is built in");
    Arc::new(Provider::new(profile, World::deterministic()))
}

/// What every road must carry.
async fn a_day_at_work(client: &Client) {
    let mut made = Vec::new();
    for n in 0..5 {
        let user = User::new(format!("u{n}@example.com")).with_active(true);
        made.push(client.users().create(&user).await.expect("it is made"));
    }
    let again = client.users().create_or_adopt(&User::new("u3@example.com")).await.expect("it is looked up");
    assert!(matches!(again, Creation::Adopted(user) if user.id == made[3].id));
    let listed: Vec<User> =
        client.users().list(List::new().page_size(2)).try_collect().await.expect("all pages");
    assert_eq!(listed.len(), 5);
    let id = made[0].id.as_deref().expect("it has an id");
    client.users().patch(id, &PatchOp::new().replace("title", "Dr.")).await.expect("it is changed");
    let changed = client.users().find_by("userName", "U0@example.com").await.expect("it is asked for");
    assert_eq!(changed.and_then(|user| user.title).as_deref(), Some("Dr."));
    let stale = client.users().replace(&made[0]).await.expect_err("it was patched meanwhile");
    assert!(stale.is_precondition_failed(), "{stale}");
    let group = client.groups().create(&Group::new("All")).await.expect("it is made");
    let ids: Vec<String> = made.iter().filter_map(|user| user.id.clone()).collect();
    let group = group.id.as_deref().expect("it has an id");
    client
        .groups()
        .change_members(group, &MemberChanges::new().adding(&ids).verify())
        .await
        .expect("all are in");
    client
        .groups()
        .change_members(group, &MemberChanges::new().removing(&ids[1..]).verify())
        .await
        .expect("they left");
    client.users().delete(id).await.expect("it is deleted");
    assert!(client.users().get(id).await.expect_err("it is gone").is_not_found());
    assert!(client.discovery().capabilities().await.expect("they are told").patch_supported().is_some());
    assert!(!client.discovery().schemas().await.expect("they are told").is_empty());
    assert!(!client.discovery().resource_types().await.expect("they are told").is_empty());
}

#[tokio::test]
async fn memory_and_sockets_are_the_same() {
    for profile in ["rfc", "interop"] {
        a_day_at_work(&Client::from_service(ProviderService(provider(profile)))).await;
        let server = Server::start(provider(profile), "127.0.0.1:0".parse().expect("an address")).await;
        let server = server.expect("a port is free");
        a_day_at_work(&Client::builder(server.url()).no_proxy().build().expect("plain")).await;
        server.stop().await.expect("it stops");
    }
}

#[test]
fn a_thread_can_wait() {
    let client = Client::from_service(ProviderService(provider("interop")));
    let client = blocking::Client::new(client).expect("a runtime starts");
    for name in ["ada", "bob"] {
        client.users().create(&User::new(name)).expect("it is made");
    }
    let names: Vec<Option<String>> =
        client.users().list(List::new()).map(|user| user.expect("it is listed").user_name).collect();
    assert_eq!(names, [Some("ada".to_owned()), Some("bob".to_owned())]);
    let report = client.bulk(|bulk| bulk.create("g", &Group::new("G"))).expect("it is planned");
    assert!(report.is_complete());
    assert!(client.users().get("nobody").expect_err("there is none").is_not_found());
}

#[test]
fn a_vendor_profile_sets_the_limits() {
    let text = "profile = { id = \"x\", title = \"X\", as_of = \"2026-01\" }\npage = { default = 10, max = 40 }\n\
                group = { ops = [\"create\", \"get\", \"list\", \"replace\", \"delete\"] }\n";
    let profile = Profile::parse(text, "x.toml").expect("it is well-formed");
    let limits = ServerLimits::from(&profile);
    assert_eq!((limits.page_size, limits.no_patch), (40, vec!["Groups".to_owned()]));
}

#[tokio::test]
async fn a_proxy_gets_the_request_and_the_server_does_not() {
    let proxy = Scripted::start(|got| {
        assert_eq!(got.target, "http://scim.invalid/v2/Users/1");
        assert_eq!(got.header("proxy-authorization"), Some("Basic bWU6cHc="));
        answer(200, json!({"id": "1"}))
    });
    let address = proxy.url.replace("http://", "http://me:pw@").replace("/scim/v2", "");
    let client = Client::builder("http://scim.invalid/v2").allow_plain_http().proxy(address);
    client.build().expect("plain").users().get("1").await.expect("the proxy answers");
    assert_eq!(proxy.log().len(), 1);
}

/// A TLS server that wants a client certificate, and says which protocol was agreed on.
fn mutual_tls(protocol: &str) -> (u16, String, String, String, mpsc::Receiver<Option<Vec<u8>>>) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("a certificate");
    let issuer = rcgen::Issuer::from_params(&params, &key);
    let leaf = |name: &str| {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        (params.signed_by(&key, &issuer).expect("a certificate"), key)
    };
    let (server, server_key) = leaf("localhost");
    let (client, client_key) = leaf("client");

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("it is a root");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("both versions")
        .with_client_cert_verifier(verifier.expect("it has a root"))
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(server_key.serialize_der()).expect("a PKCS #8 key"),
        )
        .expect("the key fits");
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("bound").port();
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(connection) = ServerConnection::new(Arc::clone(&config)) else { return };
            let mut tls = BufReader::new(StreamOwned::new(connection, stream));
            let mut line = String::new();
            while tls.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let tls = tls.get_mut();
            if tls.conn.is_handshaking() {
                continue;
            }
            let agreed = tls.conn.alpn_protocol().map(<[u8]>::to_vec);
            let _ = sender.lock().expect("no panic").send(agreed);
            let _ = tls.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{\"id\": \"42\"}",
            );
            let _ = tls.flush();
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    });
    (port, authority.pem(), client.pem(), client_key.serialize_pem(), receiver)
}

#[tokio::test]
async fn mutual_tls_with_an_authority_of_ones_own() {
    let (port, authority, certificate, key, agreed) = mutual_tls("http/1.1");
    let url = format!("https://localhost:{port}/scim/v2");
    let builder = || Client::builder(&url).no_proxy().retry(scim_client::RetryPolicy::never());
    let stranger = builder().build().expect("plain").users().get("42").await.expect_err("unknown authority");
    assert!(!stranger.may_have_been_applied(), "{stranger}");
    let nameless = builder().certificate_authority(authority.clone()).build().expect("plain");
    nameless.users().get("42").await.expect_err("the server wants to know who it is");
    let client =
        builder().certificate_authority(authority.clone()).identity(certificate.clone(), key.clone());
    let client = client.build().expect("plain");
    let user = client.users().get("42").await.expect("both know each other");
    assert_eq!(user.id.as_deref(), Some("42"));
    assert_eq!(agreed.recv().expect("a handshake"), Some(b"http/1.1".to_vec()));
    let broken = builder().identity("no PEM", key).build().expect_err("that is no certificate");
    assert!(!format!("{broken:?}").contains("PRIVATE"), "{broken:?}");
}

#[tokio::test]
async fn http_2_is_used_where_it_is_offered() {
    let (port, authority, certificate, key, agreed) = mutual_tls("h2");
    let client = Client::builder(format!("https://localhost:{port}")).no_proxy();
    let client = client.certificate_authority(authority).identity(certificate, key);
    let client = client.retry(scim_client::RetryPolicy::never()).build().expect("plain");
    client.users().get("42").await.expect_err("the test's server can only agree to HTTP/2, not speak it");
    assert_eq!(agreed.recv().expect("a handshake"), Some(b"h2".to_vec()));
}
