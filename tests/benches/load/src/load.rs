//! Fills a SCIM server with users, then asks it as fast as it answers, one kind of request after the other.
//!
//! Each worker has one connection and one request under way. Every answer is checked: its status, and that it names
//! the user that was asked for; now and then it is read in full. What differs ends the program with 1.
//!
//! Creates would leave more users than there should be, so they come in rounds: some are created, then, outside of the
//! measured time, deleted.

mod process;
mod wire;

use std::{
    env,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use wire::{Connection, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let options = Options::read(env::args().skip(1))?;
    let target = Arc::new(Target::new(&options.url, options.token.as_deref())?);
    let mut load = Load { ids: Arc::new(Vec::new()), target, options };
    let report = if load.options.constant { load.constant().await? } else { load.all().await? };
    println!("{}", if load.options.json { report.to_string() } else { table(&report) });
    Ok(())
}

struct Options {
    url: String,
    token: Option<String>,
    users: usize,
    seconds: f64,
    concurrency: usize,
    pid: Option<u32>,
    constant: bool,
    only: Option<String>,
    json: bool,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            url: String::new(),
            token: None,
            users: 1000,
            seconds: 3.0,
            concurrency: 8,
            pid: None,
            constant: false,
            only: None,
            json: false,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg}: expected a value"));
            match arg.as_str() {
                "--token" => options.token = Some(value()?),
                "--users" => options.users = number(&arg, &value()?)?,
                "--seconds" => options.seconds = number(&arg, &value()?)?,
                "--concurrency" => options.concurrency = number(&arg, &value()?)?,
                "--pid" => options.pid = Some(number(&arg, &value()?)?),
                "--only" => options.only = Some(value()?),
                "--constant" => options.constant = true,
                "--json" => options.json = true,
                _ if options.url.is_empty() && !arg.starts_with('-') => options.url = arg,
                _ => return Err(format!("{arg}: unknown; {USAGE}")),
            }
        }
        let counts = 1..=options.users;
        if options.url.is_empty() || !counts.contains(&options.concurrency) || options.seconds <= 0.0 {
            return Err(USAGE.to_owned());
        }
        Ok(options)
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} {text}: expected a number"))
}

/// What is asked.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    Get,
    UserName,
    ExternalId,
    Patch,
    Create,
    Delete,
}

/// How long to ask: which of the workers stops first, so stops the round.
#[derive(Clone, Copy)]
struct Limit {
    requests: usize,
    until: Instant,
}

/// What came of one round.
#[derive(Default)]
struct Round {
    seconds: f64,
    cpu: Option<f64>,
    micros: Vec<u32>,
    /// Number and id of each user that was created.
    created: Vec<(usize, String)>,
}

impl Round {
    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.cpu = self.cpu.zip(other.cpu).map(|(one, two)| one + two);
        self.micros.extend(other.micros);
    }

    fn report(mut self, name: &str) -> Value {
        self.micros.sort_unstable();
        let count = self.micros.len();
        let at = |share: usize| self.micros.get((count * share / 100).min(count.saturating_sub(1)));
        json!({
            "name": name,
            "requests": count,
            "seconds": self.seconds,
            "per_second": count as f64 / self.seconds,
            "p50_us": at(50),
            "p99_us": at(99),
            "cpu_us": self.cpu.map(|cpu| cpu * 1e6 / count as f64),
        })
    }
}

struct Load {
    options: Options,
    target: Arc<Target>,
    ids: Arc<Vec<String>>,
}

impl Load {
    /// One request on a server that knows no users.
    async fn constant(&mut self) -> Result<Value, String> {
        self.ids = Arc::new(vec![CONSTANT.to_owned(); self.options.concurrency]);
        let get = self.phase("get", Ask::Get).await?;
        Ok(json!({"users": 0, "phases": [get]}))
    }

    async fn all(&mut self) -> Result<Value, String> {
        let users = self.options.users;
        let present = self.count().await?;
        if present != 0 {
            return Err(format!("there are {present} users already; start with an empty server"));
        }
        let empty = self.resident();
        let started = Instant::now();
        self.seed().await?;
        let seed_seconds = started.elapsed().as_secs_f64();
        let full = self.resident();
        self.expect(users).await?;
        let mut phases = Vec::new();
        for (name, ask) in PHASES {
            if self.options.only.as_deref().is_none_or(|only| only == name) {
                phases.push(match ask {
                    Ask::Create => self.creates(name).await?,
                    _ => self.phase(name, ask).await?,
                });
            }
        }
        self.expect(users).await?;
        Ok(json!({
            "users": users,
            "seed_seconds": seed_seconds,
            "rss_empty_kib": empty,
            "rss_full_kib": full,
            "phases": phases,
        }))
    }

    async fn seed(&mut self) -> Result<(), String> {
        let users = self.options.users;
        let limit = Limit { requests: users, until: Instant::now() + SEED_TIME };
        let mut created = self.round(Ask::Create, 0, limit).await?.created;
        if created.len() < users {
            return Err(format!("only {} of {users} users in {} s", created.len(), SEED_TIME.as_secs()));
        }
        created.sort_unstable();
        self.ids = Arc::new(created.into_iter().map(|(_, id)| id).collect());
        Ok(())
    }

    async fn phase(&self, name: &str, ask: Ask) -> Result<Value, String> {
        let warm = (self.options.seconds / 10.0).min(0.5);
        self.round(ask, 0, self.within(warm)).await?;
        Ok(self.round(ask, 0, self.within(self.options.seconds)).await?.report(name))
    }

    async fn creates(&mut self, name: &str) -> Result<Value, String> {
        let mut whole = Round { cpu: Some(0.0), ..Round::default() };
        let first = self.options.users;
        let seeded = Arc::clone(&self.ids);
        while whole.seconds < self.options.seconds {
            let limit = Limit { requests: ROUND, ..self.within(self.options.seconds - whole.seconds) };
            let mut round = self.round(Ask::Create, first, limit).await?;
            let created = std::mem::take(&mut round.created);
            whole.add(round);
            self.ids = Arc::new(created.into_iter().map(|(_, id)| id).collect());
            self.round(
                Ask::Delete,
                0,
                Limit { requests: self.ids.len(), ..self.within(SEED_TIME.as_secs_f64()) },
            )
            .await?;
        }
        self.ids = seeded;
        Ok(whole.report(name))
    }

    fn within(&self, seconds: f64) -> Limit {
        Limit { requests: usize::MAX, until: Instant::now() + Duration::from_secs_f64(seconds) }
    }

    /// All workers ask at once, until the limit; numbers of new users start at `first`.
    async fn round(&self, ask: Ask, first: usize, limit: Limit) -> Result<Round, String> {
        let turns = Arc::new(AtomicUsize::new(0));
        let cpu = self.cpu();
        let started = Instant::now();
        let mut workers = JoinSet::new();
        for number in 0..self.options.concurrency {
            let worker = Worker {
                connection: Connection::new(&self.target),
                ids: Arc::clone(&self.ids),
                number,
                workers: self.options.concurrency,
                constant: self.options.constant,
                random: number as u64 + 1,
            };
            workers.spawn(worker.ask(ask, first, limit, Arc::clone(&turns)));
        }
        let mut round = Round::default();
        let mut checks = Vec::new();
        while let Some(done) = workers.join_next().await {
            let (part, check) = done.map_err(|error| error.to_string())??;
            round.micros.extend(part.micros);
            round.created.extend(part.created);
            checks.extend(check);
        }
        round.seconds = started.elapsed().as_secs_f64();
        round.cpu = self.cpu().zip(cpu).map(|(after, before)| after - before);
        if ask == Ask::Patch {
            self.read_back(&checks).await?;
        }
        Ok(round)
    }

    /// Each worker's last change must be there.
    async fn read_back(&self, changes: &[Change]) -> Result<(), String> {
        let mut connection = Connection::new(&self.target);
        for Change { id, title, active } in changes {
            let answer = connection.send("GET", &format!("/Users/{id}"), "").await?;
            let user = parsed(answer.body)?;
            if user["title"] != title.as_str() || user["active"] != *active {
                return Err(format!("a PATCH was not kept: expected title {title}, active {active}: {user}"));
            }
        }
        Ok(())
    }

    async fn count(&self) -> Result<usize, String> {
        let mut connection = Connection::new(&self.target);
        let answer = connection.send("GET", "/Users?count=1", "").await?;
        let total = parsed(answer.body)?["totalResults"].as_u64();
        total.map(|total| total as usize).ok_or_else(|| format!("no totalResults: {}", answer.text()))
    }

    async fn expect(&self, users: usize) -> Result<(), String> {
        match self.count().await? {
            found if found == users => Ok(()),
            found => Err(format!("the server counts {found} users, there should be {users}")),
        }
    }

    fn resident(&self) -> Option<u64> {
        process::resident(self.options.pid?)
    }

    fn cpu(&self) -> Option<f64> {
        process::cpu(self.options.pid?)
    }
}

struct Worker {
    connection: Connection,
    ids: Arc<Vec<String>>,
    number: usize,
    workers: usize,
    constant: bool,
    random: u64,
}

/// What a PATCH must have done.
struct Change {
    id: String,
    title: String,
    active: bool,
}

impl Worker {
    async fn ask(
        mut self,
        ask: Ask,
        first: usize,
        limit: Limit,
        turns: Arc<AtomicUsize>,
    ) -> Result<(Round, Option<Change>), String> {
        let mut round = Round::default();
        let mut change = None;
        let mut now = Instant::now();
        while now < limit.until {
            let turn = turns.fetch_add(1, Ordering::Relaxed);
            if turn >= limit.requests {
                break;
            }
            match ask {
                Ask::Get => self.get().await?,
                Ask::UserName => self.filter("userName", turn, user_name).await?,
                Ask::ExternalId => self.filter("externalId", turn, external_id).await?,
                Ask::Patch => change = Some(self.patch(turn).await?),
                Ask::Create => round.created.push((first + turn, self.create(first + turn).await?)),
                Ask::Delete => self.delete(turn).await?,
            }
            let after = Instant::now();
            round.micros.push(u32::try_from((after - now).as_micros()).unwrap_or(u32::MAX));
            now = after;
            if ask == Ask::Create && first == 0 && (turn + 1).is_multiple_of(1000) {
                eprintln!("  {} users", turn + 1);
            }
        }
        Ok((round, change))
    }

    async fn get(&mut self) -> Result<(), String> {
        let at = self.pick();
        let Self { connection, ids, constant, .. } = self;
        let path = format!("/Users/{}", ids[at]);
        let answer = connection.send("GET", &path, "").await?;
        let names = *constant || holds(answer.body, &ids[at]);
        judge(answer.status == 200 && names, "GET", &path, &answer)
    }

    async fn filter(&mut self, name: &str, turn: usize, text: fn(usize) -> String) -> Result<(), String> {
        let at = self.pick();
        let Self { connection, ids, .. } = self;
        let path = format!("/Users?filter={name}%20eq%20%22{}%22", text(at));
        let answer = connection.send("GET", &path, "").await?;
        judge(answer.status == 200 && holds(answer.body, &ids[at]), "GET", &path, &answer)?;
        if turn.is_multiple_of(THOROUGH) {
            let list = parsed(answer.body)?;
            let right = list["totalResults"] == 1 && list["Resources"][0]["id"] == ids[at].as_str();
            judge(right, "GET", &path, &answer)?;
        }
        Ok(())
    }

    async fn patch(&mut self, turn: usize) -> Result<Change, String> {
        let at = self.pick();
        let id = self.ids[at].clone();
        let (title, active) = (format!("Engineer {turn}"), turn.is_multiple_of(2));
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{active}}},{{"op":"replace","path":"title","value":"{title}"}}]}}"#
        );
        let path = format!("/Users/{id}");
        let answer = self.connection.send("PATCH", &path, &body).await?;
        judge(matches!(answer.status, 200 | 204), "PATCH", &path, &answer)?;
        Ok(Change { id, title, active })
    }

    async fn create(&mut self, number: usize) -> Result<String, String> {
        let answer = self.connection.send("POST", "/Users", &user(number)).await?;
        judge(answer.status == 201, "POST", "/Users", &answer)?;
        let id = parsed(answer.body)?["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| format!("POST /Users: no id: {}", answer.text()))
    }

    async fn delete(&mut self, turn: usize) -> Result<(), String> {
        let path = format!("/Users/{}", self.ids[turn]);
        let answer = self.connection.send("DELETE", &path, "").await?;
        judge(answer.status == 204, "DELETE", &path, &answer)
    }

    /// A user by chance, of those that no other worker changes.
    fn pick(&mut self) -> usize {
        // Xorshift: the same users in the same order, each time.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let share = self.ids.len() / self.workers;
        self.number + self.workers * (self.random % share as u64) as usize
    }
}

fn judge(right: bool, method: &str, path: &str, answer: &wire::Answer<'_>) -> Result<(), String> {
    if right {
        Ok(())
    } else {
        Err(format!("{method} {path}: wrong answer: {} {}", answer.status, answer.text()))
    }
}

fn parsed(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(body)))
}

fn holds(body: &[u8], text: &str) -> bool {
    str::from_utf8(body).is_ok_and(|body| body.contains(text))
}

fn user_name(number: usize) -> String {
    format!("ada.lovelace.{number}@example.com")
}

fn external_id(number: usize) -> String {
    format!("00u{number:06}")
}

/// What an identity provider sends of one account.
fn user(number: usize) -> String {
    let (name, external) = (user_name(number), external_id(number));
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"{name}","externalId":"{external}","name":{{"givenName":"Ada","familyName":"Lovelace"}},"displayName":"Ada Lovelace","title":"Engineer","active":true,"emails":[{{"value":"{name}","type":"work","primary":true}}],"phoneNumbers":[{{"value":"+44 20 7946 {number:06}","type":"work"}}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"employeeNumber":"{number}","department":"Analytical Engines"}}}}"#
    )
}

fn table(report: &Value) -> String {
    let cell = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
    let mut lines = vec![format!(
        "{} users in {:.1} s; {} KiB before, {} KiB after",
        report["users"],
        report["seed_seconds"].as_f64().unwrap_or_default(),
        cell(&report["rss_empty_kib"]),
        cell(&report["rss_full_kib"]),
    )];
    lines.push(format!("{:18}{:>10}{:>10}{:>10}{:>10}", "", "per s", "p50 us", "p99 us", "cpu us"));
    for phase in report["phases"].as_array().into_iter().flatten() {
        let cells =
            ["per_second", "p50_us", "p99_us", "cpu_us"].map(|name| format!("{:>10}", cell(&phase[name])));
        lines.push(format!("{:18}{}", phase["name"].as_str().unwrap_or_default(), cells.concat()));
    }
    lines.join("\n")
}

const USAGE: &str = "usage: load URL [--token TOKEN] [--users 1000] [--seconds 3] [--concurrency 8] \
                     [--pid PID-OF-SERVER] [--only NAME] [--constant] [--json]";
const PHASES: [(&str, Ask); 5] = [
    ("get", Ask::Get),
    ("filter userName", Ask::UserName),
    ("filter externalId", Ask::ExternalId),
    ("patch", Ask::Patch),
    ("create", Ask::Create),
];
/// Of so many answers, one is read in full.
const THOROUGH: usize = 64;
/// So many users are created before they are deleted again.
const ROUND: usize = 500;
/// Whoever takes longer to be filled is not worth to be measured.
const SEED_TIME: Duration = Duration::from_secs(600);
const CONSTANT: &str = "2819c223-7f76-453a-919d-413861904646";
