//! Real sockets: endpoints that misbehave below SCIM. Each gives one clear message or a finding, never a panic, and
//! never the token.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use scim_core::vendor::Profile;
use scim_testkit::{
    idp::Dialect,
    provider::{Provider, World},
    report::{Report, Verdict, human},
    run::{Cancel, Credentials, Event, HttpOptions, HttpTransport, Run, Target},
    serve::Server,
    story::Story,
};

const TOKEN: &str = "tok-5f0c1d2e";

/// A server that answers every request with the same bytes, or does whatever the closure does with the connection.
fn raw(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener.local_addr().expect("the listener is bound");
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => request.extend_from_slice(&buffer[..read]),
                    }
                }
                answer(&mut stream);
            });
        }
    });
    format!("http://{address}/scim/v2")
}

fn fixed(status: &str, media: &str, body: &'static [u8]) -> String {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    raw(move |stream| {
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body);
    })
}

fn options(timeout: Duration) -> HttpOptions {
    let mut options = HttpOptions::default();
    options.timeout = timeout;
    options
}

fn target(url: &str, timeout: Duration) -> Target {
    let transport = HttpTransport::new(options(timeout)).expect("the options are plain");
    Target::new(url, Arc::new(transport)).with_credentials(Credentials::Bearer(TOKEN.to_owned().into()))
}

#[track_caller]
fn run(url: &str) -> Report {
    let report = block(Run::new(target(url, Duration::from_millis(700))).seed(1).run());
    let shown = format!("{}{}", report.to_json(), human::render(&report, false, 100));
    assert!(!shown.contains(TOKEN), "the token is in the report: {shown}");
    report
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(future)
}

#[track_caller]
fn cannot_ask(report: &Report, words: &[&str]) {
    assert_eq!(report.verdict(), Verdict::CouldNotAsk, "{}", report.to_json());
    let error = report.error.as_deref().expect("the report says why");
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
    assert!(!error.contains('\n'), "{error:?} is more than one line");
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let url = format!("http://{}/scim/v2", listener.local_addr().expect("bound"));
    drop(listener);
    cannot_ask(&run(&url), &["cannot be reached", "refused"]);
}

#[test]
fn the_token_is_refused() {
    let body = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"401","detail":"no"}"#;
    cannot_ask(
        &run(&fixed("401 Unauthorized", "application/scim+json", body)),
        &["refuses the credentials", "401"],
    );
}

#[test]
fn the_token_is_echoed() {
    let body = br#"{"detail":"unknown token tok-5f0c1d2e"}"#;
    cannot_ask(&run(&fixed("403 Forbidden", "application/json", body)), &["forbids", "[redacted]"]);
}

#[test]
fn html_instead_of_scim() {
    let body = b"<!DOCTYPE html><html><body>Welcome</body></html>";
    cannot_ask(
        &run(&fixed("200 OK", "text/html", body)),
        &["not a SCIM endpoint", "text/html", "<!DOCTYPE html>"],
    );
}

#[test]
fn html_404() {
    let report = run(&fixed("404 Not Found", "text/html", b"<h1>Not Found</h1>"));
    cannot_ask(&report, &["no SCIM endpoint at this address", "404", "text/html", "<h1>"]);
}

#[test]
fn an_empty_body() {
    cannot_ask(&run(&fixed("200 OK", "application/scim+json", b"")), &["not a SCIM endpoint", "empty body"]);
}

#[test]
fn json_of_another_shape() {
    let report = run(&fixed("200 OK", "application/json", br#"{"hello":"world"}"#));
    assert_eq!(report.verdict(), Verdict::Findings);
    assert!(report.findings.iter().any(|finding| finding.id == "list.shape"), "{}", report.to_json());
}

#[test]
fn invalid_utf8() {
    let report = run(&fixed("200 OK", "application/scim+json", b"{\"totalResults\": \"\xff\xfe\"}"));
    cannot_ask(&report, &["not a SCIM endpoint"]);
}

#[test]
fn a_server_error_is_a_finding() {
    let report =
        run(&fixed("500 Internal Server Error", "text/plain", b"NullPointerException at com.example"));
    assert_eq!(report.verdict(), Verdict::Findings);
    assert!(report.findings.iter().any(|finding| finding.id == "http.server-error"));
}

#[test]
fn a_server_that_hangs() {
    let url = raw(|stream| {
        let _ = stream.read(&mut [0; 1]);
    });
    let started = Instant::now();
    cannot_ask(&run(&url), &["cannot be reached", "700ms"]);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_body_that_never_ends() {
    let url = raw(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: 100\r\n\r\n{",
        );
        let _ = stream.read(&mut [0; 1]);
    });
    cannot_ask(&run(&url), &["no whole answer"]);
}

#[test]
fn a_body_that_breaks_off() {
    let url = raw(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"tot\r\n",
        );
    });
    cannot_ask(&run(&url), &["broke off"]);
}

#[test]
fn a_huge_answer() {
    let url = raw(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: 52428800\r\n\r\n",
        );
        let block = vec![b' '; 1 << 16];
        for _ in 0..800 {
            if stream.write_all(&block).is_err() {
                return;
            }
        }
    });
    let long = Run::new(target(&url, Duration::from_secs(20))).seed(1).run();
    cannot_ask(&block(long), &["larger than 10 MiB"]);
}

#[test]
fn a_compressed_bomb() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b' '; 32 * 1024 * 1024]).expect("memory does not fail");
    let packed = packed.finish().expect("memory does not fail");
    assert!(packed.len() < 64 * 1024);
    let url = raw(move |stream| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            packed.len()
        );
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&packed);
    });
    cannot_ask(&run(&url), &["larger than 10 MiB"]);
}

#[test]
fn a_body_in_another_coding_than_it_says() {
    let url = raw(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        );
    });
    cannot_ask(&run(&url), &["content coding"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let url = raw(|stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    });
    cannot_ask(&run(&url), &["redirects", "https://login.example.com/"]);
}

#[test]
fn tls_to_a_server_that_speaks_http() {
    let url = fixed("200 OK", "text/plain", b"hi").replace("http://", "https://");
    cannot_ask(&run(&url), &["cannot be reached"]);
}

#[test]
fn a_self_signed_certificate_needs_its_ca_or_insecure() {
    let certified =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate is made");
    let pem = certified.cert.pem();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has both versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certified.cert.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der())
                    .expect("a PKCS #8 key"),
            )
            .expect("the key fits the certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || {
                let Ok(connection) = rustls::ServerConnection::new(config) else { return };
                let mut tls = rustls::StreamOwned::new(connection, stream);
                let mut buffer = [0; 4096];
                if tls.read(&mut buffer).is_ok() {
                    let body = br#"{"detail":"secret place"}"#;
                    let head = format!(
                        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                        body.len()
                    );
                    let _ = tls.write_all(head.as_bytes());
                    let _ = tls.write_all(body);
                    let _ = tls.flush();
                }
            });
        }
    });
    let url = format!("https://localhost:{port}/scim/v2");
    let with = |change: fn(&mut HttpOptions, &str), pem: &str| {
        let mut options = options(Duration::from_secs(5));
        change(&mut options, pem);
        let transport = HttpTransport::new(options).expect("the options are right");
        block(Run::new(Target::new(url.as_str(), Arc::new(transport))).seed(1).run())
    };
    cannot_ask(&with(|_, _| (), &pem), &["cannot be reached", "certificate"]);
    cannot_ask(&with(|options, _| options.insecure = true, &pem), &["refuses the credentials"]);
    let trusted = with(|options, pem| options.ca_certificates = pem.as_bytes().to_vec(), &pem);
    cannot_ask(&trusted, &["refuses the credentials"]);
}

#[test]
fn an_interrupted_run_cleans_up() {
    let provider =
        Arc::new(Provider::new(Profile::builtin("interop").expect("built in"), World::deterministic()));
    let kept = Arc::clone(&provider);
    let report = block(async move {
        let server =
            Server::start(provider, ([127, 0, 0, 1], 0).into()).await.expect("a loopback port is free");
        let cancel = Cancel::default();
        let stop = cancel.clone();
        let listener = move |event: &Event| {
            if matches!(event, Event::Story { index: 9, .. }) {
                stop.cancel();
            }
        };
        Run::new(target(&server.url(), Duration::from_secs(5)))
            .seed(1)
            .cancel(cancel)
            .on_event(Arc::new(listener))
            .run()
            .await
    });
    assert_eq!(report.error.as_deref(), Some("the run was interrupted"));
    assert_eq!(report.verdict(), Verdict::CouldNotAsk);
    assert_eq!((kept.snapshot().len(), report.leftovers.len()), (0, 0));
}

#[test]
fn over_a_socket_the_mock_conforms() {
    let provider = Provider::new(Profile::builtin("interop").expect("built in"), World::deterministic());
    let provider = Arc::new(provider.with_token(Some(TOKEN.to_owned().into())));
    let report = block(async move {
        let server =
            Server::start(provider, ([127, 0, 0, 1], 0).into()).await.expect("a loopback port is free");
        Run::new(target(&server.url(), Duration::from_secs(5)))
            .dialects(vec![Dialect::Okta, Dialect::Entra])
            .stories(Story::builtin())
            .seed(1)
            .run()
            .await
    });
    report.assert_clean();
    assert!(!report.to_json().contains(TOKEN));
}
