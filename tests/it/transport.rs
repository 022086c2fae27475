//! The network under `scim test`: a server that closes a kept connection does not break a run, and nothing that must
//! be done once is sent twice.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use bytes::Bytes;
use http::{Method, Request};
use scim_testkit::run::{HttpOptions, HttpTransport, Transport};

/// Answers one request on each connection, promises to keep it, and closes it. `/refused` gets 400.
fn closing() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(&stream, &seen);
        }
    });
    (url, log)
}

fn answer(mut stream: &TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).expect("a request");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).expect("a body");
    let status = if first.contains("/refused") { "400 Bad Request" } else { "200 OK" };
    let request = first.split(" HTTP").next().unwrap_or_default().to_owned();
    seen.lock().expect("nobody panicked").push(request);
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n")
        .expect("it listens");
}

#[tokio::test]
async fn a_connection_that_the_server_closes_costs_nothing() {
    let (url, log) = closing();
    let transport = HttpTransport::new(HttpOptions::default()).expect("the options are the usual ones");
    let mut expected = Vec::new();
    for _ in 0..10 {
        for (method, path) in [
            (Method::GET, "/refused"),
            (Method::POST, "/Users"),
            (Method::GET, "/Users"),
            (Method::PATCH, "/refused"),
            (Method::DELETE, "/Users/1"),
            (Method::PUT, "/Users/1"),
        ] {
            let request = Request::builder().method(method.clone()).uri(format!("{url}{path}"));
            let request = request.body(Bytes::from_static(b"{}")).expect("it is well-formed");
            transport.send(request).await.expect("an answer");
            expected.push(format!("{method} {path}"));
        }
    }
    assert_eq!(*log.lock().expect("nobody panicked"), expected, "each was answered once");
}
