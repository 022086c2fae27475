//! A server on a real socket that does what a test tells it: answers, lies, cuts the connection, dawdles.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) method: String,
    /// Path below the base, with the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) bytes: usize,
    /// Which connection it came on.
    pub(crate) connection: usize,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        scim_core::query::pairs(self.target.split_once('?')?.1)
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What the server does.
pub(crate) enum Does {
    Answers {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Closes the connection without a word.
    Cuts,
    /// Sends the head, and then a byte now and then.
    Dawdles,
}

pub(crate) fn json(status: u16, body: Value) -> Does {
    let headers = vec![("content-type", "application/scim+json".to_owned())];
    Does::Answers { status, headers, body: body.to_string().into_bytes() }
}

pub(crate) fn plain(status: u16, body: &str) -> Does {
    Does::Answers {
        status,
        headers: vec![("content-type", "text/html".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) fn error(status: u16, detail: &str) -> Does {
    json(status, scim_core::error::ScimError::plain(status, detail).to_json())
}

impl Does {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answers { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A scripted server; its threads end with the test's process.
pub(crate) struct Scripted {
    pub(crate) url: String,
    log: Arc<Mutex<Vec<Got>>>,
}

impl Scripted {
    pub(crate) fn start(script: impl Fn(&Got) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let url = format!("http://{}/scim/v2", listener.local_addr().expect("it is bound"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (script, shared) = (Arc::new(script), Arc::clone(&log));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { continue };
                let (script, log) = (Arc::clone(&script), Arc::clone(&shared));
                thread::spawn(move || serve(&stream, connection, &*script, &log));
            }
        });
        Self { url, log }
    }

    pub(crate) fn log(&self) -> Vec<Got> {
        self.log.lock().expect("no script panicked").clone()
    }

    /// Method and target of every request.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log().iter().map(|got| format!("{} {}", got.method, got.target)).collect()
    }
}

fn serve(stream: &TcpStream, connection: usize, script: &dyn Fn(&Got) -> Does, log: &Mutex<Vec<Got>>) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(got) = read(&mut reader, connection) {
        log.lock().expect("no script panicked").push(got.clone());
        let done = match script(&got) {
            Does::Cuts => return,
            Does::Dawdles => {
                let _ = writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{");
                for _ in 0..200 {
                    thread::sleep(Duration::from_millis(50));
                    if writer.write_all(b" ").is_err() {
                        return;
                    }
                }
                return;
            }
            Does::Answers { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} X\r\n");
                if status != 204 && status != 304 {
                    head += &format!("content-length: {}\r\n", body.len());
                }
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                writer.write_all(&[head.as_bytes(), b"\r\n", &body].concat())
            }
        };
        if done.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>, connection: usize) -> Option<Got> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let target = target.strip_prefix("/scim/v2").unwrap_or(target).to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let bytes = body.len();
    let text = || Value::from(String::from_utf8_lossy(&body).into_owned());
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| text());
    Some(Got { method, target, headers, body, bytes, connection })
}
