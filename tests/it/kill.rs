//! `scim serve --db` is killed amid writes, ten times over: what it answered is there afterwards.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Sender, channel},
    thread,
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::cli::scim;

const ROUNDS: usize = 10;
const WRITERS: usize = 4;

#[test]
fn what_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mock.db");
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let mut random = 0x5eed_u64;
    for round in 0..ROUNDS {
        let mut served = Served::start(&file);
        check(&served, &mut writers);
        if round == 0 {
            refuses_a_second(&file);
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let enough = 150 + (random >> 33) as usize % 150;
        let (answered, answers) = channel();
        let address = served.address.clone();
        let storm: Vec<_> = writers
            .drain(..)
            .map(|mut writer| {
                let (address, answered) = (address.clone(), answered.clone());
                thread::spawn(move || {
                    writer.storm(&address, &answered);
                    writer
                })
            })
            .collect();
        drop(answered);
        // The others write on while the process dies.
        assert_eq!(answers.iter().take(enough).count(), enough, "the storm ended by itself");
        served.child.kill().expect("it runs");
        served.child.wait().expect("it has ended");
        drop(answers);
        writers.extend(storm.into_iter().map(|thread| thread.join().expect("it saw nothing odd")));
    }
    {
        let database = Connection::open(&file).expect("it is a database");
        let health: String =
            database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(health, "ok");
    }
    check(&Served::start(&file), &mut writers);
    let known: usize = writers.iter().map(|writer| writer.users.len()).sum();
    assert!(known > ROUNDS * 100, "{known} is no storm");
}

fn refuses_a_second(file: &Path) {
    let second = command(file).output().expect("it can be started");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("mock.db: it is in use by another process"), "{said}");
}

/// Compares what is there with what was answered; of what was not answered, it takes note.
fn check(served: &Served, writers: &mut [Writer]) {
    let mut there = served.users();
    for writer in writers {
        let mut undecided = writer.users.iter().filter(|(_, user)| user.bulk).peekable();
        if undecided.peek().is_some() {
            let (came, stayed): (Vec<_>, Vec<_>) = undecided.partition(|(name, _)| there.contains_key(*name));
            assert!(came.is_empty() || stayed.is_empty(), "half of a bulk request: {came:?}, not {stayed:?}");
        }
        for (name, user) in &mut writer.users {
            let found = there.remove(name);
            let title = found.as_ref().map(|(_, title)| title.clone());
            assert!(user.may_be.contains(&title), "{name} is {title:?}, expected one of {:?}", user.may_be);
            if let (Some((id, _)), Some(known)) = (&found, &user.id) {
                assert_eq!(id, known, "{name}");
            }
            *user = Known { id: found.map(|(id, _)| id), may_be: vec![title], bulk: false };
        }
    }
    assert!(there.is_empty(), "nobody asked for {there:?}");
}

/// What is known of a user.
#[derive(Debug)]
struct Known {
    id: Option<String>,
    /// The titles that it may have, `None` if it may be absent; several while a write has no answer.
    may_be: Vec<Option<String>>,
    /// It came with others, in a request that has no answer.
    bulk: bool,
}

/// A client with users of its own.
struct Writer {
    number: usize,
    turn: usize,
    users: BTreeMap<String, Known>,
}

impl Writer {
    fn new(number: usize) -> Self {
        Self { number, turn: 0, users: BTreeMap::new() }
    }

    /// Writes until there is no answer.
    fn storm(&mut self, address: &str, answered: &Sender<()>) {
        let Ok(mut connection) = Wire::open(address) else { return };
        while self.write(&mut connection).is_ok() {
            // Whoever counts has counted enough by then.
            let _ = answered.send(());
        }
    }

    fn write(&mut self, wire: &mut Wire) -> io::Result<()> {
        self.turn += 1;
        let turn = self.turn;
        let name = |part: usize| format!("writer{}-{turn}-{part} ü", self.number);
        let title = format!("Title {turn} \"é\"");
        let user = |name: &str| {
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": name, "title": title, "password": "hunter2",
            })
        };
        let earlier = |skip: usize| {
            let there = self.users.iter().filter_map(|(name, known)| Some((name, known.id.as_ref()?)));
            there.skip(skip).map(|(name, id)| (name.clone(), format!("/Users/{id}"))).next()
        };
        match (turn % 8, earlier(turn % 7)) {
            (3 | 5, Some((name, path))) => {
                self.expect(&name, Some(title.clone()));
                let operation = json!({"op": "replace", "path": "title", "value": title});
                let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
                wire.ask("PATCH", &path, &json!({"schemas": [schema], "Operations": [operation]}), 200)?;
                self.known(&name, Some(title));
            }
            (7, Some((name, path))) => {
                self.expect(&name, None);
                wire.ask("DELETE", &path, &Value::Null, 204)?;
                self.known(&name, None);
                self.users.entry(name).and_modify(|known| known.id = None);
            }
            (6, _) => {
                let names: Vec<String> = (0..4).map(name).collect();
                let operations = names.iter().map(
                    |name| json!({"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)}),
                );
                let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
                let body = json!({"schemas": [schema], "Operations": operations.collect::<Vec<_>>()});
                for name in &names {
                    self.expect(name, Some(title.clone()));
                    self.users.entry(name.clone()).and_modify(|known| known.bulk = true);
                }
                wire.ask("POST", "/Bulk", &body, 200)?;
                for name in &names {
                    self.known(name, Some(title.clone()));
                }
            }
            _ => {
                let name = name(0);
                self.expect(&name, Some(title.clone()));
                let made = wire.ask("POST", "/Users", &user(&name), 201)?;
                self.known(&name, Some(title));
                let id = made["id"].as_str().map(str::to_owned);
                self.users.entry(name).and_modify(|known| known.id = id);
            }
        }
        Ok(())
    }

    /// A write is under way: it may become so.
    fn expect(&mut self, name: &str, title: Option<String>) {
        let absent = || Known { id: None, may_be: vec![None], bulk: false };
        self.users.entry(name.to_owned()).or_insert_with(absent).may_be.push(title);
    }

    /// It was answered: it is so.
    fn known(&mut self, name: &str, title: Option<String>) {
        self.users.entry(name.to_owned()).and_modify(|known| {
            known.may_be = vec![title];
            known.bulk = false;
        });
    }
}

struct Served {
    child: Child,
    /// Host and port.
    address: String,
}

impl Served {
    fn start(file: &Path) -> Self {
        let mut child =
            command(file).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it can be started");
        let mut url = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut url).expect("it says where it is");
        let address = url.trim().trim_start_matches("http://").trim_end_matches("/scim/v2").to_owned();
        assert!(!address.is_empty(), "it did not start");
        Self { child, address }
    }

    /// Id and title of everybody, by name.
    fn users(&self) -> BTreeMap<String, (String, String)> {
        let mut wire = Wire::open(&self.address).expect("it listens");
        let mut users = BTreeMap::new();
        loop {
            let start = users.len() + 1;
            let path = format!("/Users?startIndex={start}&count=200&attributes=userName,title");
            let page = wire.ask("GET", &path, &Value::Null, 200).expect("it answers");
            let text = |user: &Value, name: &str| user[name].as_str().expect("it is text").to_owned();
            let shown = page["Resources"].as_array().map_or(&[][..], Vec::as_slice);
            users.extend(
                shown.iter().map(|user| (text(user, "userName"), (text(user, "id"), text(user, "title")))),
            );
            if shown.is_empty() || page["totalResults"] == users.len() {
                return users;
            }
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(file: &Path) -> Command {
    let mut command = Command::new(scim());
    command.args(["serve", "--port", "0", "--db"]).arg(file).env_remove("SCIM_TOKEN");
    command
}

/// One connection; a client library would try again by itself.
struct Wire(BufReader<TcpStream>);

impl Wire {
    fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The body of the whole answer; an error if it does not come.
    fn ask(&mut self, method: &str, path: &str, body: &Value, status: u16) -> io::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: mock\r\nContent-Type: application/scim+json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let first = self.line()?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let text = String::from_utf8_lossy(&body);
        assert!(first.contains(&format!(" {status} ")), "{method} {path}: {first}: {text}");
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        if line.ends_with('\n') {
            Ok(line.trim_end().to_owned())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
