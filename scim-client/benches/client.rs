//! What the client costs: `get` and `create` against a bare reqwest loop with `serde_json`, in one run on the same
//! loopback server; memory while a million users are listed; how often connections are used again.
//!
//! `cargo bench -p scim-client`; the numbers are ratios and sizes, so that machines can be compared.

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use scim_client::{Client, List};
use scim_core::resource::User;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve(listener, Arc::clone(&connections)));
    let client = Client::builder(&url).bearer("token").no_proxy().build()?;
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let bare = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build()?;
    let ada = User::new("ada@example.com").with_name("Ada", "Lovelace").with_email("ada@example.com");

    for at_once in [1, 16] {
        let (users, users_url) = (client.users(), format!("{url}/Users"));
        let (users, bare, users_url, ada) = (&users, &bare, &users_url, &ada);
        let get = ratio(
            || many(at_once, || async { users.get("1").await.is_ok() }),
            || {
                many(at_once, || async {
                    let answer = bare.get(format!("{users_url}/1")).bearer_auth("token").send().await;
                    read(answer).await.is_some()
                })
            },
        );
        println!("get, {at_once:2} at once: {:.2} of bare reqwest", get.await);
        let create = ratio(
            || many(at_once, || async { users.create(ada).await.is_ok() }),
            || {
                many(at_once, || async {
                    let body = serde_json::to_vec(ada).unwrap_or_default();
                    let request = bare.post(users_url).header("content-type", "application/scim+json");
                    read(request.bearer_auth("token").body(body).send().await).await.is_some()
                })
            },
        );
        println!("create, {at_once:2} at once: {:.2} of bare reqwest", create.await);
    }

    let memory = Client::builder(&url).bearer("token").build_with(Memory(bytes::Bytes::from(user(1))))?;
    let users = memory.users();
    let time = many(1, || async { users.get("1").await.is_ok() }).await;
    println!("get in memory: {:.1} µs, most of it JSON", time.as_secs_f64() * 1e6 / REQUESTS as f64);

    connections.store(0, Ordering::Relaxed);
    let fresh = Client::builder(&url).bearer("token").no_proxy().build()?;
    let users = fresh.users();
    many(16, || async { users.get("1").await.is_ok() }).await;
    let opened = connections.load(Ordering::Relaxed);
    println!("connections used again: {:.2} %", 100.0 * (1.0 - opened as f64 / REQUESTS as f64));

    let before = peak_kib()?;
    let start = Instant::now();
    let mut listed = client.users().list(List::new().page_size(1000));
    let mut count = 0_u32;
    while listed.try_next().await?.is_some() {
        count += 1;
    }
    println!(
        "{count} users listed in {:.1} s, {:.1} MiB more memory at most (server and client together)",
        start.elapsed().as_secs_f64(),
        (peak_kib()? - before) as f64 / 1024.0
    );
    Ok(())
}

/// Answers at once, to see what the client itself costs.
#[derive(Clone)]
struct Memory(bytes::Bytes);

impl tower_service::Service<http::Request<bytes::Bytes>> for Memory {
    type Response = http::Response<bytes::Bytes>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<bytes::Bytes>) -> Self::Future {
        std::future::ready(Ok(http::Response::new(self.0.clone())))
    }
}

/// How fast the first is, of the second: the median of several turns, one after the other so that noise hits both.
async fn ratio<A: Future<Output = Duration>, B: Future<Output = Duration>>(
    client: impl Fn() -> A,
    bare: impl Fn() -> B,
) -> f64 {
    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let (client, bare) = (client().await, bare().await);
        ratios.push(bare.as_secs_f64() / client.as_secs_f64());
    }
    if std::env::var_os("ABSOLUTE").is_some() {
        println!("  bare: {:.1} µs a call", bare().await.as_secs_f64() * 1e6 / REQUESTS as f64);
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

async fn many<F: Future<Output = bool>>(at_once: usize, call: impl Fn() -> F) -> Duration {
    let start = Instant::now();
    let good = stream::iter(0..REQUESTS).map(|_| call()).buffer_unordered(at_once);
    let good = good.filter(|good| std::future::ready(*good)).count().await;
    assert_eq!(good, REQUESTS, "every call succeeds");
    start.elapsed()
}

async fn read(answer: Result<reqwest::Response, reqwest::Error>) -> Option<User> {
    serde_json::from_slice(&answer.ok()?.bytes().await.ok()?).ok()
}

async fn serve(listener: TcpListener, connections: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(answer(stream));
    }
}

/// Reads requests and answers: a user, or a page of a million users.
async fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next()?.parse().ok());
        let end = head + length.unwrap_or(0);
        while buffer.len() < end {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        buffer.drain(..end);
        let body = if text.starts_with("get /users?") {
            let start =
                text.split("startindex=").nth(1).and_then(|rest| rest.split(['&', ' ']).next()?.parse().ok());
            page(start.unwrap_or(1))
        } else {
            user(1)
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.ok()?;
    }
}

fn user(n: usize) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"{n}","userName":"user{n}@example.com","name":{{"givenName":"User","familyName":"{n}"}},"emails":[{{"value":"user{n}@example.com","type":"work","primary":true}}],"active":true,"meta":{{"resourceType":"User","version":"W/\"1\""}}}}"#
    )
}

fn page(start: usize) -> String {
    let users: Vec<String> = (start..=LISTED.min(start + 999)).map(user).collect();
    format!(r#"{{"totalResults":{LISTED},"startIndex":{start},"Resources":[{}]}}"#, users.join(","))
}

/// The most memory that the process ever had.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
    Ok(peak.ok_or("this system does not tell")?.parse()?)
}

const REQUESTS: usize = 3000;
const TURNS: usize = 7;
const LISTED: usize = 1_000_000;
