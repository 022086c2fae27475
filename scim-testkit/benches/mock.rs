//! How fast the mock provider answers, in process and over loopback. The items per second are requests per second;
//! the mock holds a thousand users unless a bench says otherwise.
//!
//! `cargo bench -p scim-testkit --features http,server --bench mock`

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use divan::{Bencher, counter::ItemsCount};
use futures_util::future::join_all;
use http::{Method, Request, Response};
use scim_core::{call::encode, urn, vendor::Profile};
use scim_testkit::{
    idp::WireError,
    provider::{BASE_PATH, Provider, World},
    run::{HttpOptions, HttpTransport, Transport},
    serve::Server,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

#[divan::bench(args = ROADS)]
fn get_by_id(bencher: Bencher<'_, '_>, road: Road) {
    one_by_one(bencher, road, Mock::get);
}

/// What every identity provider asks before it creates a user.
#[divan::bench(args = ROADS)]
fn filter_among_1000(bencher: Bencher<'_, '_>, road: Road) {
    one_by_one(bencher, road, Mock::filter);
}

/// The count is fixed, so that the store grows to two thousand users on each road and on each machine.
#[divan::bench(args = ROADS, sample_count = 100, sample_size = 10)]
fn create(bencher: Bencher<'_, '_>, road: Road) {
    one_by_one(bencher, road, Mock::create);
}

#[divan::bench(args = ROADS)]
fn patch(bencher: Bencher<'_, '_>, road: Road) {
    one_by_one(bencher, road, Mock::patch);
}

/// With every write in a file before it is answered; beside `create` in process it is what `--db` costs.
#[cfg(feature = "sqlite")]
#[divan::bench(sample_count = 100, sample_size = 10)]
fn create_on_disk(bencher: Bencher<'_, '_>) {
    let path = std::env::temp_dir().join(format!("scim-bench-{}.db", std::process::id()));
    let provider = Provider::builder().db(&path).build().expect("the file is new");
    let mock = Mock::from(provider, Road::InProcess, USERS);
    bencher
        .counter(ItemsCount::new(1usize))
        .with_inputs(|| mock.create())
        .bench_values(|request| mock.send(request));
    drop(mock);
    for ending in ["", "-wal", "-shm"] {
        // Those that are not there need no removal.
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
}

/// A mock that a test starts for itself. The built-in schemas are read once per process.
#[divan::bench]
fn start() -> Provider {
    let profile = Profile::builtin("interop").expect("it is built in");
    Provider::new(profile, World::deterministic())
}

/// Neither of these may grow with the number of users.
#[divan::bench_group]
mod among {
    use divan::Bencher;

    use super::{Mock, Road, one_by_one_among};

    #[divan::bench(args = [1_000, 10_000])]
    fn filter_user_name(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, Mock::filter);
    }

    #[divan::bench(args = [1_000, 10_000])]
    fn filter_external_id_and_active(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, |mock| {
            let n = mock.next() % mock.ids.len();
            mock.search(&format!(r#"active eq true and externalId eq "00u{n}""#))
        });
    }

    #[divan::bench(args = [1_000, 10_000])]
    fn get_by_id(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, Mock::get);
    }

    #[divan::bench(args = [1_000, 10_000])]
    fn patch(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, Mock::patch);
    }
}

/// These visit everybody, and copy a page.
#[divan::bench_group]
mod through {
    use divan::Bencher;
    use http::Method;
    use serde_json::Value;

    use super::{Road, one_by_one_among};

    #[divan::bench(args = [1_000, 10_000])]
    fn page_of_10(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, |mock| {
            mock.request(Method::GET, "/Users?count=10&startIndex=500", &Value::Null)
        });
    }

    #[divan::bench(args = [1_000, 10_000])]
    fn filter_title(bencher: Bencher<'_, '_>, users: usize) {
        one_by_one_among(bencher, Road::InProcess, users, |mock| mock.search(r#"title eq "Nobody""#));
    }
}

/// Sixteen connections, where the others wait for each answer.
#[divan::bench]
fn get_16_at_once(bencher: Bencher<'_, '_>) {
    let mock = Mock::new(Road::Loopback, USERS);
    let requests = || (0..AT_ONCE).map(|_| mock.get()).collect::<Vec<_>>();
    bencher
        .counter(ItemsCount::new(AT_ONCE))
        .with_inputs(requests)
        .bench_values(|requests| mock.send_all(requests));
}

fn one_by_one(bencher: Bencher<'_, '_>, road: Road, request: impl Fn(&Mock) -> Request<Bytes> + Sync) {
    one_by_one_among(bencher, road, USERS, request);
}

fn one_by_one_among(
    bencher: Bencher<'_, '_>,
    road: Road,
    users: usize,
    request: impl Fn(&Mock) -> Request<Bytes> + Sync,
) {
    let mock = Mock::new(road, users);
    let bencher = bencher.counter(ItemsCount::new(1usize));
    bencher.with_inputs(|| request(&mock)).bench_values(|request| mock.send(request));
}

/// How requests reach the mock.
#[derive(Clone, Copy)]
enum Road {
    InProcess,
    Loopback,
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InProcess => "in process",
            Self::Loopback => "over loopback",
        })
    }
}

/// A mock with users in it, and the road to it.
struct Mock {
    provider: Arc<Provider>,
    ids: Vec<String>,
    turn: AtomicUsize,
    net: Option<Net>,
}

struct Net {
    runtime: Runtime,
    transport: HttpTransport,
    // Dropping it stops the mock.
    _server: Server,
    origin: String,
}

impl Mock {
    fn new(road: Road, users: usize) -> Self {
        let profile = Profile::builtin("interop").expect("it is built in");
        Self::from(Provider::new(profile, World::deterministic()), road, users)
    }

    fn from(provider: Provider, road: Road, users: usize) -> Self {
        let provider = Arc::new(provider);
        let mut mock = Self { provider, ids: Vec::new(), turn: AtomicUsize::new(0), net: None };
        mock.ids = (0..users).map(|_| id(&mock.send(mock.create()))).collect();
        mock.net = matches!(road, Road::Loopback).then(|| Net::new(&mock.provider));
        mock
    }

    fn get(&self) -> Request<Bytes> {
        self.request(Method::GET, &format!("/Users/{}", self.id()), &Value::Null)
    }

    fn filter(&self) -> Request<Bytes> {
        self.search(&format!(r#"userName eq "{}""#, user_name(self.next() % self.ids.len())))
    }

    fn search(&self, filter: &str) -> Request<Bytes> {
        self.request(Method::GET, &format!("/Users?filter={}", encode(filter)), &Value::Null)
    }

    fn create(&self) -> Request<Bytes> {
        let n = self.next();
        let user = json!({
            "schemas": [urn::USER, urn::ENTERPRISE_USER],
            "externalId": format!("00u{n}"),
            "userName": user_name(n),
            "name": {"givenName": "Ada", "familyName": n.to_string()},
            "displayName": format!("Ada {n}"),
            "title": "Engineer",
            "active": true,
            "emails": [{"value": user_name(n), "type": "work", "primary": true}],
            urn::ENTERPRISE_USER: {"department": "Research", "employeeNumber": n.to_string()},
        });
        self.request(Method::POST, "/Users", &user)
    }

    /// As Entra ID sends it; each changes something.
    fn patch(&self) -> Request<Bytes> {
        let message = json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [
                {"op": "Replace", "path": "title", "value": format!("Architect {}", self.next())},
                {"op": "Replace", "path": format!("{}:department", urn::ENTERPRISE_USER), "value": "Platform"},
            ],
        });
        self.request(Method::PATCH, &format!("/Users/{}", self.id()), &message)
    }

    fn request(&self, method: Method, path: &str, body: &Value) -> Request<Bytes> {
        let origin = self.net.as_ref().map_or("", |net| &net.origin);
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("{origin}{BASE_PATH}{path}"));
        request.header("content-type", "application/scim+json").body(body).expect("the address is valid")
    }

    fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        match &self.net {
            None => succeeded(self.provider.handle(&request)),
            Some(net) => answered(net.runtime.block_on(net.transport.send(request))),
        }
    }

    fn send_all(&self, requests: Vec<Request<Bytes>>) -> Vec<Response<Bytes>> {
        let Some(net) = &self.net else { return requests.into_iter().map(|one| self.send(one)).collect() };
        let sent = join_all(requests.into_iter().map(|request| net.transport.send(request)));
        net.runtime.block_on(sent).into_iter().map(answered).collect()
    }

    fn id(&self) -> &str {
        &self.ids[self.next() % self.ids.len()]
    }

    fn next(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}

impl Net {
    fn new(provider: &Arc<Provider>) -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let any = ([127, 0, 0, 1], 0).into();
        let server = runtime.block_on(Server::start(Arc::clone(provider), any)).expect("a port is free");
        let origin = server.url().trim_end_matches(BASE_PATH).to_owned();
        let transport = HttpTransport::new(HttpOptions::default()).expect("the defaults are valid");
        Self { runtime, transport, _server: server, origin }
    }
}

fn answered(answer: Result<Response<Bytes>, WireError>) -> Response<Bytes> {
    succeeded(answer.unwrap_or_else(|error| panic!("no answer: {}", error.message)))
}

/// A refusal is fast; it must not count as an answer.
fn succeeded(response: Response<Bytes>) -> Response<Bytes> {
    assert!(response.status().is_success(), "{response:?}");
    response
}

fn id(response: &Response<Bytes>) -> String {
    let user: Value = serde_json::from_slice(response.body()).expect("a created user is JSON");
    user["id"].as_str().expect("a created user has an id").to_owned()
}

fn user_name(n: usize) -> String {
    format!("user.{n}@example.com")
}

const ROADS: [Road; 2] = [Road::InProcess, Road::Loopback];
const USERS: usize = 1000;
const AT_ONCE: usize = 16;
