//! What the client costs: `get` and `create` against a bare reqwest loop with `serde_json`, in one run and in turns on
//! the same server; memory while a million users are listed; how often connections are used again.
//!
//! `cargo bench -p scim-client`, or with `-- calls`, `-- stack`, `-- connections` or `-- listing` one part. The server is a second process, this program again, so that neither its time nor its
//! memory is in the numbers; it counts the connections that it accepts, and makes pages as they are asked for.

use std::{
    env,
    error::Error,
    future::Future,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use scim_client::{Client, List, RateLimits};
use scim_core::resource::User;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os(SERVE).is_some() {
        return Builder::new_current_thread().enable_all().build()?.block_on(serve());
    }
    // One thread for the client and one for the server: what a call costs is not hidden by a second core.
    Builder::new_current_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let url = server.url.as_str();
    let client = Client::builder(url).bearer("token").no_proxy().build()?;
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let bare = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build()?;
    let ada = User::new("ada@example.com").with_name("Ada", "Lovelace").with_email("ada@example.com");

    let chosen = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |part: &str| chosen.as_deref().is_none_or(|chosen| chosen == part);

    for at_once in [1, 16].into_iter().filter(|_| wanted("calls")) {
        let (users, users_url) = (client.users(), format!("{url}/Users"));
        let (users, bare, users_url, ada) = (&users, &bare, &users_url, &ada);
        let get = turns(
            || many(REQUESTS, at_once, || async { users.get("1").await.is_ok() }),
            || {
                many(REQUESTS, at_once, || async {
                    let answer = bare.get(format!("{users_url}/1")).bearer_auth("token").send().await;
                    read(answer).await.is_some()
                })
            },
        );
        println!("get, {at_once:2} at once: {}", get.await);
        let create = turns(
            || many(REQUESTS, at_once, || async { users.create(ada).await.is_ok() }),
            || {
                many(REQUESTS, at_once, || async {
                    let body = serde_json::to_vec(ada).unwrap_or_default();
                    let request = bare.post(users_url).header("content-type", "application/scim+json");
                    read(request.bearer_auth("token").body(body).send().await).await.is_some()
                })
            },
        );
        println!("create, {at_once:2} at once: {}", create.await);
    }

    if wanted("stack") {
        stack(url).await?;
    }
    if wanted("connections") {
        let before = server.connections(&bare).await?;
        let limits = RateLimits { in_flight: 50, ..RateLimits::default() };
        let fresh = Client::builder(url).bearer("token").no_proxy().rate_limits(limits).build()?;
        let users = fresh.users();
        many(REUSED, 50, || async { users.get("1").await.is_ok() }).await;
        let opened = server.connections(&bare).await? - before;
        println!(
            "connections: {opened} for {REUSED} requests, 50 at once: {:.2} % of requests on one that was there",
            100.0 * (1.0 - opened as f64 / REUSED as f64)
        );
    }
    if wanted("listing") {
        listing(&client).await?;
    }
    Ok(())
}

/// What the client does besides sending and reading JSON.
async fn stack(url: &str) -> Result<(), Box<dyn Error>> {
    let text = user(1);
    let memory = Client::builder(url).bearer("token").build_with(Memory(text.clone().into()))?;
    let users = memory.users();
    let (mut call, mut json) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        call = call.min(many(IN_MEMORY, 1, || async { users.get("1").await.is_ok() }).await.wall);
        let read = || std::future::ready(serde_json::from_str::<User>(std::hint::black_box(&text)).is_ok());
        json = json.min(many(IN_MEMORY, 1, read).await.wall);
    }
    let (call, json) = (micros(call, IN_MEMORY), micros(json, IN_MEMORY));
    println!("get in memory: {call:.2} µs, of which JSON {json:.2} µs");
    Ok(())
}

async fn listing(client: &Client) -> Result<(), Box<dyn Error>> {
    let before = memory_kib("VmRSS:")?;
    // Forgets the most that there was.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = Instant::now();
    let mut listed = client.users().list(List::new().page_size(1000));
    let (mut count, mut tenths) = (0_usize, Vec::new());
    while listed.try_next().await?.is_some() {
        count += 1;
        if count.is_multiple_of(LISTED / 10) {
            tenths.push(memory_kib("VmRSS:")? / 1024);
        }
    }
    println!(
        "{count} users listed in {:.1} s; resident memory {} MiB before, {} MiB at most; after each tenth {tenths:?}",
        start.elapsed().as_secs_f64(),
        before / 1024,
        memory_kib("VmHWM:")? / 1024
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

/// How fast the client is, of the bare loop: turn by turn so that noise hits both, and each turn's ratio counts once.
async fn turns<A: Future<Output = Spent>, B: Future<Output = Spent>>(
    client: impl Fn() -> A,
    bare: impl Fn() -> B,
) -> String {
    let (mut wall, mut cpu) = (Ratios::default(), Ratios::default());
    // Connections are open, and memory is there.
    client().await;
    bare().await;
    for turn in 0..TURNS {
        // Whoever goes first in one turn goes second in the next.
        let (client, bare) = if turn % 2 == 0 {
            let client = client().await;
            (client, bare().await)
        } else {
            let bare = bare().await;
            (client().await, bare)
        };
        wall.add(client.wall, bare.wall);
        cpu.add(client.cpu, bare.cpu);
    }
    format!("{} of the calls a second; {} of the calls for the processor's time", wall.told(), cpu.told())
}

/// One number for each turn.
#[derive(Default)]
struct Ratios {
    ratios: Vec<f64>,
    best: Option<(Duration, Duration)>,
}

impl Ratios {
    fn add(&mut self, client: Duration, bare: Duration) {
        self.ratios.push(bare.as_secs_f64() / client.as_secs_f64());
        let (ours, theirs) = self.best.unwrap_or((client, bare));
        self.best = Some((ours.min(client), theirs.min(bare)));
    }

    fn told(&mut self) -> String {
        self.ratios.sort_by(f64::total_cmp);
        let (ours, theirs) = self.best.unwrap_or_default();
        format!(
            "{:.3} (best turns {:.3}: {:.1} and {:.1} µs)",
            self.ratios[self.ratios.len() / 2],
            theirs.as_secs_f64() / ours.as_secs_f64(),
            micros(ours, REQUESTS),
            micros(theirs, REQUESTS)
        )
    }
}

/// What some calls took.
struct Spent {
    wall: Duration,
    /// Of this thread, on which everything but the server runs.
    cpu: Duration,
}

/// How long this thread has run; other programs that have the processor do not count.
fn on_processor() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.expect("Linux tells"))
}

fn micros(time: Duration, calls: usize) -> f64 {
    time.as_secs_f64() * 1e6 / calls as f64
}

async fn many<F: Future<Output = bool>>(count: usize, at_once: usize, call: impl Fn() -> F) -> Spent {
    let (cpu, start) = (on_processor(), Instant::now());
    let good = stream::iter(0..count).map(|_| call()).buffer_unordered(at_once);
    let good = good.filter(|good| std::future::ready(*good)).count().await;
    assert_eq!(good, count, "every call succeeds");
    Spent { wall: start.elapsed(), cpu: on_processor() - cpu }
}

async fn read(answer: Result<reqwest::Response, reqwest::Error>) -> Option<User> {
    serde_json::from_slice(&answer.ok()?.bytes().await.ok()?).ok()
}

/// The server's process; it ends with this one's.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?).env(SERVE, "1").stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let out = child.stdout.take().ok_or("it has an output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut url)?;
        Ok(Self { child, url: url.trim().to_owned() })
    }

    /// How many connections it has accepted.
    async fn connections(&self, bare: &reqwest::Client) -> Result<usize, Box<dyn Error>> {
        Ok(bare.get(format!("{}/connections", self.url)).send().await?.text().await?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let connections = Arc::new(AtomicUsize::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(answer(stream, Arc::clone(&connections)));
    }
}

/// Reads requests and answers: a user, or a page of a million users.
async fn answer(mut stream: TcpStream, connections: Arc<AtomicUsize>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::new();
    let one = user(1);
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
        } else if text.starts_with("get /connections") {
            connections.load(Ordering::Relaxed).to_string()
        } else {
            one.clone()
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

/// Memory of this process, as the system counts it.
fn memory_kib(what: &str) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next());
    Ok(size.ok_or("this system does not tell")?.parse()?)
}

const SERVE: &str = "SCIM_BENCH_SERVE";
const REQUESTS: usize = 500;
const REUSED: usize = 10_000;
const IN_MEMORY: usize = 2_000;
const TURNS: usize = 31;
const LISTED: usize = 1_000_000;
