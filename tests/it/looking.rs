//! `scim serve` with somebody who looks on: findings about clients on standard error, the page and the control API.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
};

use crate::cli::scim;

struct Served {
    child: Child,
    url: String,
    said: BufReader<ChildStderr>,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(scim());
        command.args(["serve", "--port", "0"]).args(arguments).env_remove("SCIM_TOKEN");
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut url)
            .expect("it says where it is");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, url: url.trim().to_owned(), said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it is text");
        line.trim_end().to_owned()
    }

    /// What it says until it ends, as if by Ctrl-C.
    fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("there is kill");
        assert!(sent.success());
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).expect("it is text");
        assert!(self.child.wait().expect("it ends").success());
        rest
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of the answer, and all of it.
fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let place = url.trim_start_matches("http://");
    let (address, base) = place.split_once('/').unwrap_or((place, ""));
    let base = if base.is_empty() { String::new() } else { format!("/{base}") };
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "{method} {base}{path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), answer)
}

const SCIM: &str = "user-agent: test/1\r\ncontent-type: application/scim+json\r\n";

#[cfg(unix)]
#[test]
fn findings_about_clients_are_told_once_and_summed_up() {
    let served = Served::start(&["--check"]);
    let url = served.url.clone();
    let ada = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}"#;
    let (status, answer) = send(&url, "POST", "/Users", SCIM, ada);
    assert_eq!(status, 201, "{answer}");
    let id = answer
        .split("/Users/")
        .nth(1)
        .and_then(|rest| rest.split(['"', '\r']).next())
        .expect("a location")
        .to_owned();

    send(&url, "GET", "/Users?filter=userName%20eq%20\"ada\"", SCIM, "");
    send(&url, "GET", "/Users?filter=userName%20eq%20%22o%22brien%22", SCIM, "");
    send(&url, "GET", "/Users?filter=userName%20eq%20ada", SCIM, "");
    send(&url, "POST", "/Users", SCIM, r#"{"userName": "bob"}"#);
    send(&url, "POST", "/Users", "user-agent: test/1\r\ncontent-type: text/plain\r\n", ada);
    let meta = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}]}"#;
    send(&url, "PATCH", &format!("/Users/{id}"), SCIM, meta);
    send(&url, "PATCH", &format!("/Users/{id}"), SCIM, meta);

    let said = served.stop();
    // Times and ids differ from run to run.
    let said: String = said
        .replace(&id, "ID")
        .lines()
        .map(|line| match line.split_once(' ') {
            Some((time, rest)) if time.len() == 8 && time.contains(':') => format!("TIME {rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    for wanted in [
        "TIME GET /scim/v2/Users?filter=userName%20eq%20\"ada\" → ",
        "TIME GET /scim/v2/Users?filter=userName%20eq%20%22o%22brien%22 → 400, unknown client\n",
        "  error client.url-characters: ",
        "  error client.filter-syntax: A filter does not parse\n    seen: ",
        "TIME GET /scim/v2/Users?filter=userName%20eq%20ada → 400, unknown client: again client.filter-syntax (2)\n",
        "  error client.schemas-missing: ",
        "  error client.content-type: ",
        "  error client.patch-read-only: ",
        "\n8 requests checked, what was found:\n",
        "  error   client.filter-syntax    2 times, unknown\n",
        "  error   client.url-characters   once, unknown\n",
    ] {
        assert!(said.contains(wanted), "{wanted:?} is missing:\n{said}");
    }
    let told = said.matches("  error client.filter-syntax: ").count();
    assert_eq!(told, 1, "{said}");
    assert!(!said.contains('\u{1b}'), "no colors where there is no terminal:\n{said}");
    assert!(!said.contains("client.authorization"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_mock_without_clients_has_nothing_to_say_of_them() {
    let served = Served::start(&["--check"]);
    assert!(served.stop().ends_with("0 requests checked, nothing to say about the client\n"));
}

#[cfg(unix)]
#[test]
fn the_page_and_the_control_api_have_a_port_of_their_own() {
    let mut served = Served::start(&["--ui", "--token", "t"]);
    assert!(served.line().ends_with("Ctrl-C stops"));
    let view = served.line().strip_prefix("live view: ").expect("it says where the page is").to_owned();
    let control =
        served.line().strip_prefix("control: ").expect("it says where the control API is").to_owned();
    assert_eq!(control, format!("{view}control"));
    assert!(view.starts_with("http://127.0.0.1:") && !served.url.starts_with(&view), "{view}");
    let page = view.trim_end_matches('/');
    assert!(send(page, "GET", "/", "", "").1.contains("Waiting for the first request"));
    assert_eq!(send(page, "POST", "/control/users", "", r#"{"userName": "ada"}"#).0, 200);
    assert!(send(page, "GET", "/", "", "").1.contains("ada"));
    // The endpoint itself, which a tunnel may show to everybody, has neither.
    let origin = served.url.trim_end_matches("/scim/v2").to_owned();
    for path in ["/", "/control", "/events", "/act/reset"] {
        let (status, answer) = send(&origin, "GET", path, "authorization: Bearer t\r\n", "");
        assert_eq!(status, 404, "{path}: {answer}");
    }
    let port = page.rsplit(':').next().expect("a port").to_owned();
    let second = Command::new(scim())
        .args(["serve", "--port", "0", "--control", "--ui-port", &port])
        .output()
        .expect("it runs");
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3), "{error}");
    assert!(
        error.contains(&format!("127.0.0.1:{port}")) && error.contains("--ui-port takes another port"),
        "{error}"
    );
    served.stop();
}

#[test]
fn a_port_for_nothing_is_a_mistake() {
    let output =
        Command::new(scim()).args(["serve", "--port", "0", "--ui-port", "1"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("--ui-port: nothing is there without --ui or --control"), "{error}");
}
