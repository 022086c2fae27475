//! The mock on a socket, from outside: TLS, tokens, bulk requests, cursors and faults, as `scim-client` meets them, and
//! `scim serve` with what it takes.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures_util::TryStreamExt;
use scim_client::{Client, ClientBuilder, List, OAuth, Paging, clock::ManualClock};
use scim_core::resource::{Group, Member, User};
use scim_testkit::{
    provider::{Builder, OAuthClient, Provider},
    serve::{Server, Tls},
};
use serde_json::json;

use crate::cli::scim;

async fn serve(builder: Builder) -> Server {
    let provider = Arc::new(builder.build().expect("it is well described"));
    Server::start(provider, "127.0.0.1:0".parse().expect("an address")).await.expect("a port is free")
}

/// A client that waits for nothing.
fn client(url: &str) -> (ClientBuilder, ManualClock) {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    (Client::builder(url).no_proxy().clock(clock.clone()).jitter(|| 0.0), clock)
}

#[tokio::test]
async fn a_client_with_a_secret_gets_in_over_tls() {
    let tls = Tls::self_signed(&[]).expect("a certificate");
    let builder = Provider::builder().oauth(OAuthClient::new("app", "s3cret")).me("ada");
    let provider = Arc::new(builder.build().expect("it is well described"));
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::start_tls(provider, address, &tls).await.expect("a port is free");
    let token_url = server.url().replace("/scim/v2", "/oauth/token");
    let authority = tls.authority().expect("it made one");
    let (builder, _) = client(&server.url());
    let builder = builder.certificate_authority(authority);
    let client = builder.oauth(OAuth::new(token_url, "app", "s3cret")).build().expect("plain options");
    let ada = client.users().create(&User::new("ada")).await.expect("it is made");
    assert_eq!(client.me().get().await.expect("it is who asks").id, ada.id);
    let location = ada.meta.and_then(|meta| meta.location).expect("it has one");
    assert!(location.starts_with(&server.url()), "{location}");
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn bulk_requests_of_the_client_are_carried_out() {
    let server = serve(Provider::builder()).await;
    let client = client(&server.url()).0.build().expect("plain options");
    let group =
        |name: &str, other: &str| Group::new(name).with_member(Member::new(format!("bulkId:{other}")));
    let mut bulk = client.bulk().create("a", &group("A", "b")).expect("JSON");
    bulk = bulk.create("b", &group("B", "a")).expect("JSON");
    for n in 0..250 {
        bulk = bulk.create(format!("u{n}"), &User::new(format!("u{n}"))).expect("JSON");
    }
    let report = bulk.run().await.expect("it is planned");
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(server.provider().snapshot().len(), 252);
    let listed: Vec<Group> = client.groups().list(List::new()).try_collect().await.expect("all");
    assert!(listed.iter().all(|group| group.members.len() == 1), "{listed:?}");
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_list_by_cursor_has_everybody_once() {
    let server = serve(Provider::builder()).await;
    let client = client(&server.url()).0.build().expect("plain options");
    for n in 0..7 {
        client.users().create(&User::new(format!("u{n}"))).await.expect("it is made");
    }
    let list = List::new().page_size(3).paging(Paging::Cursor);
    let listed: Vec<User> = client.users().list(list).try_collect().await.expect("all pages");
    let names: Vec<String> = listed.into_iter().filter_map(|user| user.user_name).collect();
    assert_eq!(names, ["u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    let log = server.provider().journal();
    assert_eq!(log.iter().filter(|entry| entry.target.contains("cursor")).count(), 3);
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn faults_are_what_a_client_is_made_for() {
    let faults = ["POST 429 retry-after 7, ok, drop-after", "GET /Users/* 503, drop, cut"];
    let builder = faults
        .iter()
        .fold(Provider::builder(), |builder, fault| builder.fault(fault.parse().expect("a fault")));
    let server = serve(builder).await;
    let (builder, clock) = client(&server.url());
    let client = builder.build().expect("plain options");
    let ada = client.users().create(&User::new("ada")).await.expect("the second attempt is answered");
    assert_eq!(clock.sleeps(), [Duration::from_secs(7)]);
    let id = ada.id.as_deref().expect("it has an id");
    assert_eq!(client.users().get(id).await.expect("the fourth attempt is answered").id, ada.id);
    // The answer is lost, and the resource is there.
    let bob = User { external_id: Some("e2".to_owned()), ..User::new("bob") };
    let created = client.users().create_or_adopt(&bob).await;
    assert_eq!(server.provider().snapshot().len(), 2, "{created:?}");
    server.stop().await.expect("it stops");
}

struct Served {
    child: Child,
    url: String,
    /// What it says beside the address.
    notes: Vec<String>,
}

impl Served {
    fn start(arguments: &[&str], notes: usize) -> Self {
        let mut command = Command::new(scim());
        command.args(["serve", "--port", "0"]).args(arguments).env_remove("SCIM_TOKEN");
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
        let mut url = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut url).expect("it says where it is");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        let notes = said.lines().take(notes).map(|line| line.expect("it is text")).collect();
        Self { child, url: url.trim().to_owned(), notes }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_command_serves_tenants_and_own_types_over_tls() {
    let urn = "urn:example:params:scim:schemas:core:2.0:Badge";
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, document: serde_json::Value| {
        let path = folder.path().join(name);
        fs::write(&path, document.to_string()).expect("it is written");
        path.to_str().expect("it is text").to_owned()
    };
    let schema = file("badge.json", json!({"id": urn, "attributes": [{"name": "serial"}]}));
    let badges = file("badges.json", json!({"name": "Badge", "endpoint": "/Badges", "schema": urn}));
    let arguments =
        ["--tls", "--tenant", "acme", "--basic", "ada:pw", "--schema", &schema, "--resource-type", &badges];
    let served = Served::start(&arguments, 3);
    assert!(served.url.starts_with("https://127.0.0.1:"), "{}", served.url);
    let tenant = served.notes[1].strip_prefix("tenant acme: ").expect("it says where the tenant is");
    let trusted = served.notes[2].strip_prefix("trust the authority in ").expect("it says what to trust");
    let authority = fs::read(trusted.split(", ").next().expect("a path")).expect("the file is there");
    let builder = client(tenant).0.certificate_authority(authority).basic("ada", "pw");
    let client = builder.build().expect("plain options");
    client.users().create(&User::new("ada")).await.expect("it is made");
    let types = client.discovery().resource_types().await.expect("they are told");
    let names: Vec<&str> = types.iter().filter_map(|kind| kind.name.as_deref()).collect();
    assert_eq!(names, ["User", "Group", "Badge"]);
}
