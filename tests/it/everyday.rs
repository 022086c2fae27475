//! The everyday commands of `scim` (users, groups, schemas, configuration) against a mock and against servers that
//! misbehave, over sockets.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use scim_core::{urn, vendor::Profile};
use scim_testkit::{
    provider::{Provider, World},
    serve::Server,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    cli::scim,
    client_server::{Does, Scripted, error, json as answer, plain},
};

const TOKEN: &str = "tok-c5a1f03b";

/// A mock on a socket, in this process.
struct Mock {
    url: String,
    provider: Arc<Provider>,
    _server: Server,
    _runtime: Runtime,
}

impl Mock {
    fn start() -> Self {
        let profile = Profile::builtin("interop").expect("it is built in");
        let provider = Arc::new(
            Provider::new(profile, World::deterministic()).with_token(Some(TOKEN.to_owned().into())),
        );
        let runtime = Runtime::new().expect("there are threads");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = runtime.block_on(Server::start(Arc::clone(&provider), address)).expect("a port is free");
        Self { url: server.url(), provider, _server: server, _runtime: runtime }
    }

    fn scim(&self, arguments: &[&str]) -> Said {
        said(
            command(arguments).env("SCIM_URL", &self.url).env("SCIM_TOKEN", TOKEN).output().expect("it runs"),
        )
    }

    fn fed(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = command(arguments)
            .env("SCIM_URL", &self.url)
            .env("SCIM_TOKEN", TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
        said(child.wait_with_output().expect("it ends"))
    }

    fn user(&self, name: &str) -> Value {
        let all = self.provider.snapshot();
        all.into_iter().find(|user| user["userName"] == name).unwrap_or(Value::Null)
    }
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    /// One JSON value.
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

/// Every output passes here, and in none is a secret.
#[track_caller]
fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is UTF-8");
    let said = Said {
        code: output.status.code().expect("no signal ended it"),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    for secret in [TOKEN, "hunter2", "aHVudGVy"] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{}{}", said.out, said.err);
    }
    said
}

/// With nothing of the environment that names an endpoint.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(scim());
    command.args(arguments).stdin(Stdio::null());
    for name in
        ["SCIM_URL", "SCIM_TOKEN", "SCIM_BASIC", "SCIM_CONFIG", "XDG_CONFIG_HOME", "NO_PROXY", "no_proxy"]
    {
        command.env_remove(name);
    }
    // Nobody is there, and what stays on this machine does not go there.
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
    command.env("HOME", "/nowhere").env("APPDATA", "/nowhere");
    command
}

fn run(arguments: &[&str]) -> Said {
    said(command(arguments).output().expect("it runs"))
}

#[test]
fn a_thousand_users_come_page_by_page() {
    let mock = Mock::start();
    for n in 0..1000 {
        mock.provider.control().add_user(&format!("u{n}"));
    }
    let table = mock.scim(&["users", "list"]);
    assert_eq!((table.code, table.err.as_str(), table.out.lines().count()), (0, "", 1001));
    assert!(table.out.starts_with("id   ") && !table.out.contains('\u{1b}'), "{}", &table.out[..200]);

    let lines = mock.scim(&["users", "list", "--format", "jsonl", "--count", "70", "--limit", "300"]);
    let read: Vec<Value> = lines.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.code, read.len(), &read[299]["userName"]), (0, 300, &json!("u299")));

    let array = mock.scim(&["users", "list", "--format", "json", "--filter", "userName sw \"u99\""]);
    assert_eq!((array.code, array.json().as_array().map(Vec::len)), (0, Some(11)));
    let none = mock.scim(&["users", "list", "--format", "json", "--filter", "usrName eq \"x\""]);
    assert_eq!((none.code, none.out.as_str()), (0, "[]\n"));
    assert_eq!(none.err, "hint: the RFC has no attribute `usrName`; did you mean `userName`?\n");

    let columns = ["users", "list", "--limit", "2", "--format", "tsv", "--attributes", "userName,active"];
    let columns = mock.scim(&columns);
    let cells: Vec<Vec<&str>> = columns.out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(cells[0], ["id", "userName", "active"]);
    assert_eq!((cells.len(), cells[2][1]), (3, "u1"));
}

/// The first page is on the screen before the second is asked for.
#[test]
fn rows_are_printed_as_pages_come_and_head_may_leave() {
    let endless = Scripted::start(|got| {
        let start: usize = got.parameter("startIndex").and_then(|text| text.parse().ok()).unwrap_or(1);
        let users: Vec<Value> =
            (start..start + 50).map(|n| json!({"id": n.to_string(), "userName": format!("u{n}")})).collect();
        answer(200, json!({"totalResults": 100_000_000, "Resources": users}))
    });
    for format in ["table", "tsv", "json", "jsonl"] {
        let mut child = command(&["users", "list", "--url", &endless.url, "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut reader = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("there is a line");
        drop(reader);
        let said = said(child.wait_with_output().expect("it ends"));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{format}");
    }
}

#[test]
fn the_life_of_a_user() {
    let mock = Mock::start();
    let ada =
        json!({"userName": "ada", "name": {"givenName": "Ada"}, "emails": [{"value": "a@example.com"}]});
    let created = mock.fed(&["users", "create", "-", "--set", "name.familyName=Lovelace"], &ada.to_string());
    assert_eq!(created.code, 0, "{}", created.err);
    let made = created.json();
    assert_eq!((&made["name"]["familyName"], &made["schemas"]), (&json!("Lovelace"), &json!([urn::USER])));
    let id = made["id"].as_str().expect("it has an id");

    let department = format!("{}:department=R&D", urn::ENTERPRISE_USER);
    let operations = ["--replace", "active=false", "--add", &department, "--add", "emails=b@example.com"];
    let remove = ["--remove", "emails[value eq \"a@example.com\"]", "--format", "jsonl"];
    let patched = mock.scim(&[&["users", "patch", id][..], &operations, &remove].concat());
    assert_eq!((patched.code, patched.out.lines().count()), (0, 1), "{}", patched.err);
    let stored = mock.user("ada");
    assert_eq!(stored["active"], false);
    assert_eq!(stored[urn::ENTERPRISE_USER]["department"], "R&D");
    assert_eq!(stored["emails"], json!([{"value": "b@example.com"}]));

    let message = json!({"schemas": [urn::PATCH_OP],
        "Operations": [{"op": "Replace", "path": "title", "value": "Countess"}]});
    assert_eq!(mock.fed(&["users", "patch", id, "-"], &message.to_string()).code, 0);
    assert_eq!(mock.user("ada")["title"], "Countess");

    let got = mock.scim(&["users", "get", "--user-name", "ADA", "--format", "table"]);
    assert!(got.out.contains("name.givenName") && got.out.contains("emails[0].value"), "{}", got.out);
    let part =
        mock.scim(&["users", "get", "--user-name", "ada", "--attributes", "title", "--format", "jsonl"]);
    assert_eq!((&part.json()["title"], &part.json()["userName"]), (&json!("Countess"), &Value::Null));
    let nobody = mock.scim(&["users", "get", "--external-id", "none"]);
    assert_eq!(nobody.code, 1);
    assert_eq!(nobody.err, "error: no resource at /Users has externalId \"none\"\n");

    // The file has the version that was read; after somebody else's change it is refused.
    let mut whole = mock.scim(&["users", "get", id]).json();
    whole["title"] = "Lady".into();
    assert_eq!(mock.fed(&["users", "replace", id, "-"], &whole.to_string()).code, 0);
    let late = mock.fed(&["users", "replace", id, "-"], &whole.to_string());
    assert_eq!(late.code, 1);
    assert!(late.err.contains("412") && late.err.contains("get it again"), "{}", late.err);
    let other = mock.fed(&["users", "replace", "other", "-"], &whole.to_string());
    assert_eq!(other.code, 2, "{}", other.err);

    let unasked = mock.scim(&["users", "delete", id]);
    assert_eq!(unasked.code, 2);
    assert_eq!(unasked.err, "error: nobody is there to confirm; --yes deletes without asking\n");
    let deleted = mock.scim(&["users", "delete", "nobody", id, "--yes"]);
    assert_eq!((deleted.code, deleted.out.as_str()), (1, format!("deleted {id}\n").as_str()));
    assert!(deleted.err.starts_with("error: DELETE ") && deleted.err.contains("404"), "{}", deleted.err);
    assert_eq!(mock.user("ada"), Value::Null);
}

#[test]
fn groups_and_other_resources() {
    let mock = Mock::start();
    let ada = mock.provider.control().add_user("ada");
    let group = mock.scim(&["groups", "create", "--set", "displayName=Engineers"]).json();
    let group = group["id"].as_str().expect("it has an id");
    assert_eq!(mock.scim(&["groups", "patch", group, "--add", &format!("members={ada}")]).code, 0);
    let listed = mock.scim(&["resource", "group", "list"]);
    let row: Vec<&str> = listed.out.lines().nth(1).expect("a row").split_whitespace().collect();
    assert_eq!(row, [group, "Engineers", "1"]);
    let found =
        mock.scim(&["resource", "--endpoint", "/Groups", "search", "displayName pr", "--format", "jsonl"]);
    assert_eq!((found.code, found.out.lines().count()), (0, 1), "{}", found.err);
    let unknown = mock.scim(&["resource", "Toaster", "list"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.starts_with("error: the endpoint names no resource type \"Toaster\"; it has User"));

    let schema = mock.scim(&["schemas", "show", "user"]);
    assert!(schema.out.contains("userName") && schema.out.contains("required; unique in server"));
    assert!(mock.scim(&["schemas"]).out.contains(urn::GROUP));
    assert_eq!(mock.scim(&["schemas", "show", "usr"]).code, 2);
    let offers = mock.scim(&["capabilities"]);
    assert!(offers.out.contains("PATCH            yes\n"), "{}", offers.out);
    assert_eq!(
        mock.scim(&["capabilities", "--format", "json"]).json()["serviceProviderConfig"]["patch"]["supported"],
        true
    );
}

/// A resource type that only discovery knows, with its own schema and a method that the RFC lets a server leave out.
#[test]
fn resources_of_a_discovered_type() {
    let server = Scripted::start(|got| match (got.method.as_str(), got.path()) {
        ("GET", "/ResourceTypes") => answer(
            200,
            json!({"totalResults": 1, "Resources": [{"name": "Device", "endpoint": "/Devices", "schema": "urn:d"}]}),
        ),
        ("GET", "/Schemas") => answer(
            200,
            json!({"totalResults": 1, "Resources": [{"id": "urn:d", "name": "Device",
                "attributes": [{"name": "serial", "type": "string"}, {"name": "on", "type": "boolean"}]}]}),
        ),
        ("POST", "/Devices") => {
            let mut made = got.body.clone();
            made["id"] = "1".into();
            answer(201, made)
        }
        ("GET", "/Devices") => {
            let first = got.parameter("startIndex").is_none();
            let devices = if first { json!([{"id": "1", "serial": "007", "on": true}]) } else { json!([]) };
            answer(200, json!({"totalResults": 1, "Resources": devices}))
        }
        ("PATCH", "/Devices/1") => answer(204, Value::Null),
        ("GET", "/Devices/1") => answer(200, json!({"id": "1", "on": false})),
        _ => error(404, "nothing here"),
    });
    let at = ["--url", server.url.as_str()];
    let made = run(
        &[&["resource", "device", "create", "--set", "serial=007", "--set", "on=true"], &at[..]].concat()
    );
    assert_eq!(made.json(), json!({"serial": "007", "on": true, "schemas": ["urn:d"], "id": "1"}));
    let listed = run(&[&["resource", "Device", "list"], &at[..]].concat());
    assert_eq!(listed.out, "id  serial  on\n1   007     true\n");
    // 204 shows nothing, so the result is read.
    let patched = run(&[&["resource", "devices", "patch", "1", "--set", "on=false"], &at[..]].concat());
    assert_eq!((patched.code, patched.json()), (0, json!({"id": "1", "on": false})), "{}", patched.err);
    let sent = server.log().into_iter().find(|got| got.method == "PATCH").expect("it was sent");
    assert_eq!(sent.body["Operations"], json!([{"op": "replace", "path": "on", "value": false}]));
}

#[test]
fn refusals_name_the_cause_in_one_line() {
    let mock = Mock::start();
    let wrong = said(
        command(&["users", "list", "--token", "hunter2"])
            .env("SCIM_URL", &mock.url)
            .output()
            .expect("it runs"),
    );
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains(": 401: ") && wrong.err.ends_with("; the credentials are wrong or expired\n"));
    let none = said(command(&["users", "list"]).env("SCIM_URL", &mock.url).output().expect("it runs"));
    assert!(none.err.contains("no credentials were sent: use SCIM_TOKEN"), "{}", none.err);

    let bad = mock.scim(&["users", "list", "--filter", "userName eq ada"]);
    assert_eq!((bad.code, bad.out.as_str()), (2, ""));
    assert!(bad.err.contains("\nuserName eq ada\n            ^^^\nexpected a value"), "{}", bad.err);
    let raw = mock.scim(&["users", "list", "--raw-filter", "userName ~= ada"]);
    assert_eq!(raw.code, 1);
    assert!(raw.err.contains("400 invalidFilter: "), "{}", raw.err);
    let asked = mock.provider.journal();
    assert!(format!("{:?}", asked.last()).contains("~"), "the raw filter was sent");

    let plain_404 = Scripted::start(|_| plain(404, "not found"));
    let lost = run(&["users", "list", "--url", &plain_404.url]);
    assert!(lost.err.ends_with("; is the URL the base of the SCIM endpoint?\n"), "{}", lost.err);
    let search = run(&["users", "search", "--url", &plain_404.url]);
    assert!(
        search.err.ends_with("; few endpoints have /.search; list has the same filters\n"),
        "{}",
        search.err
    );

    let html = Scripted::start(|_| plain(200, "<!DOCTYPE html><title>Sign in</title>"));
    let html = run(&["users", "list", "--url", &html.url]);
    assert_eq!(html.code, 1);
    assert!(html.err.contains("a web page and no SCIM answer"), "{}", html.err);

    let refused = run(&["users", "list", "--url", "http://127.0.0.1:1/scim/v2", "--token", "hunter2"]);
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("Connection refused") && refused.err.contains("check the address"));
    let nowhere = run(&["users", "list"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.starts_with("error: no endpoint is named: use --url URL or --at NAME, set SCIM_URL"));
    for said in [&wrong, &none, &raw, &html, &refused, &nowhere] {
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
}

/// Servers quote in errors what they refuse, and may try to talk to the terminal.
#[test]
fn what_a_server_says_is_cleaned() {
    let echo = Scripted::start(|got| {
        let told = got.header("authorization").unwrap_or_default().to_owned();
        let key = got.header("x-key").unwrap_or_default();
        let password = got.body["password"].as_str().unwrap_or_default();
        error(403, &format!("no\u{1b}[31m\n {told} {key} {password}"))
    });
    for access in [["--token", "hunter2"], ["--basic", "u:hunter2"], ["--header", "X-Key: hunter2"]] {
        let set = ["--set", "password=hunter2", "--url", &echo.url];
        let said = run(&[&["users", "create", "--set", "userName=a"], &set[..], &access].concat());
        assert_eq!((said.code, said.err.lines().count()), (1, 1), "{}", said.err);
        assert!(said.err.contains("403") && !said.err.contains('\u{1b}'), "{}", said.err);
    }
    let odd = Scripted::start(|got| match got.parameter("startIndex") {
        None => answer(
            200,
            json!({"totalResults": 1, "Resources": [{"id": "1", "userName": "a\u{1b}]0;x\u{7}\u{9b}"}]}),
        ),
        Some(_) => answer(200, json!({"totalResults": 1})),
    });
    for format in ["table", "tsv", "json", "jsonl"] {
        let said = run(&["users", "list", "--url", &odd.url, "--format", format]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{format}");
        assert!(
            !said.out.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')),
            "{format}: {:?}",
            said.out
        );
    }
}

#[test]
fn lists_that_contradict_themselves_are_reported() {
    let page = |total: usize| {
        let users: Vec<Value> = (0..3).map(|n| json!({"id": n.to_string()})).collect();
        json!({"totalResults": total, "Resources": users})
    };
    // All in one page, whatever is asked for: complete, and odd.
    let all = Scripted::start(move |_| answer(200, page(3)));
    let said = run(&["users", "list", "--url", &all.url, "--format", "json"]);
    assert_eq!((said.code, said.json().as_array().map(Vec::len)), (0, Some(3)));
    assert_eq!(said.err, "warning: the endpoint ignores startIndex; all resources are in its one page\n");
    // There is more, and it cannot be had: what came is shown, and is not taken for the whole.
    let part = Scripted::start(move |_| answer(200, page(9)));
    let said = run(&["users", "list", "--url", &part.url, "--format", "json"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("ignores startIndex: only 3 of 9 resources can be had"), "{}", said.err);
    assert!(serde_json::from_str::<Value>(&said.out).is_err(), "a part is no JSON array: {}", said.out);
    let said = run(&["users", "list", "--url", &part.url]);
    assert_eq!((said.code, said.out.lines().count()), (1, 4));
}

#[test]
fn endpoints_come_from_the_configuration() {
    let mock = Mock::start();
    mock.provider.control().add_user("ada");
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("config.toml");
    fs::write(folder.path().join("prod.token"), format!("{TOKEN}\n")).expect("it is written");
    let echo = Scripted::start(|got| match got.path() {
        "/token" => answer(200, json!({"access_token": "hunter2-token", "expires_in": 60})),
        _ => error(403, &format!("{:?}", got.headers)),
    });
    let url = &mock.url;
    let other = &echo.url;
    let text = format!(
        r#"
        default = "prod"
        [endpoint.prod]
        url = "{url}"
        token-file = "prod.token"
        vendor = "interop"
        [endpoint.by-env]
        url = "{url}"
        token-env = "MOCK_TOKEN"
        [endpoint.inline]
        url = "{url}"
        token = "hunter2"
        [endpoint.allowed]
        url = "{url}"
        token = "{TOKEN}"
        allow-inline-token = true
        [endpoint.bare]
        url = "{other}"
        [endpoint.header]
        url = "{other}"
        header-env = {{ x-key = "MOCK_TOKEN" }}
        [endpoint.cloud]
        url = "{other}"
        oauth = {{ token-url = "{other}/token", client-id = "me", client-secret-env = "MOCK_TOKEN" }}
        "#
    );
    fs::write(&file, text).expect("it is written");
    let ask = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("SCIM_CONFIG", &file).env("MOCK_TOKEN", TOKEN).env("SCIM_TOKEN", "hunter2");
        said(command.output().expect("it runs"))
    };
    for at in [&[][..], &["--at", "by-env"], &["--at", "allowed"], &["--at", "bare", "--token", TOKEN]] {
        let said = ask(&[&["users", "list", "--format", "jsonl"], at].concat());
        if at.contains(&"bare") {
            assert_eq!(said.code, 1, "it refuses everybody");
        } else {
            assert_eq!((said.code, said.out.lines().count()), (0, 1), "{at:?}: {}", said.err);
        }
    }
    let inline = ask(&["users", "list", "--at", "inline"]);
    assert_eq!(inline.code, 2);
    assert!(inline.err.contains("token-env or token-file"), "{}", inline.err);
    let unknown = ask(&["users", "list", "--at", "prd"]);
    assert!(unknown.err.contains("did you mean \"prod\"?"), "{}", unknown.err);

    // What belongs to one endpoint, or to nobody, does not reach another: SCIM_TOKEN is not for `bare`.
    for (at, header, value) in [
        ("bare", "authorization", None),
        ("header", "x-key", Some(TOKEN)),
        ("cloud", "authorization", Some("Bearer hunter2-token")),
    ] {
        let before = echo.log().len();
        let said = ask(&["users", "list", "--at", at]);
        assert_eq!(said.code, 1, "{at}: {}", said.err);
        let sent = echo.log().split_off(before);
        let list = sent.iter().find(|got| got.path() == "/Users").expect("it was asked");
        assert_eq!(list.header(header), value, "{at}");
        if at == "cloud" {
            let token = sent.iter().find(|got| got.path() == "/token").expect("a token was asked for");
            assert_eq!(token.header("x-key"), None);
        }
    }
    let listed = ask(&["config", "list"]);
    assert!(listed.out.contains("prod (default)") && listed.out.contains("token-env"), "{}", listed.out);
    let path = ask(&["config", "path"]);
    assert_eq!(Path::new(path.out.trim()), file);
}

#[test]
fn a_lost_answer_is_said_to_be_uncertain() {
    let cuts = Scripted::start(|_| Does::Cuts);
    let lost = run(&["users", "create", "--set", "userName=a", "--url", &cuts.url]);
    assert_eq!(lost.code, 3);
    assert!(lost.err.contains("the change may have been made, so look before you try again"), "{}", lost.err);
    assert_eq!(cuts.lines().len(), 1, "a create is not repeated blindly");
}

#[test]
fn shells_get_their_scripts() {
    for (shell, expected) in [("bash", "_scim()"), ("zsh", "#compdef scim"), ("fish", "complete -c scim")] {
        let said = run(&["completions", shell]);
        assert!(said.code == 0 && said.out.contains(expected), "{shell}");
    }
}
