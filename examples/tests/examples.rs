//! Runs every example against a mock provider, and looks at what it prints.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Output},
    sync::Arc,
};

use scim_core::vendor::Profile;
use scim_testkit::{
    provider::{OAuthClient, Provider, TOKEN_PATH, World},
    serve::Server,
};
use tokio::runtime::Runtime;

const TOKEN: &str = "example-token";

/// What the tour says of every server that keeps what it is told; `tests/peers/run.py` expects the same of others.
const TOUR: &str = "\
list: 3 more
find: true
patch: active Some(false), family name Some(\"Changed\")
members: 2
delete: gone true, 0 left over
";

/// A mock on a socket, in this process, with those faults.
struct Mock {
    provider: Arc<Provider>,
    url: String,
    _server: Server,
    _runtime: Runtime,
}

impl Mock {
    fn start(faults: &[&str]) -> Self {
        let mut builder = Provider::builder()
            .profile(Profile::builtin("interop").expect("it is built in"))
            .world(World::deterministic())
            .token(TOKEN)
            .oauth(OAuthClient::new("me", "s"))
            .seed(7);
        for fault in faults {
            builder = builder.fault(fault.parse().expect("it is a fault"));
        }
        let provider = Arc::new(builder.build().expect("the options fit"));
        let runtime = Runtime::new().expect("there are threads");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = runtime.block_on(Server::start(Arc::clone(&provider), address)).expect("a port is free");
        Self { provider, url: server.url(), _server: server, _runtime: runtime }
    }
}

#[track_caller]
fn run(program: &str, url: &str) -> String {
    let output: Output = Command::new(program)
        .env("SCIM_URL", url)
        .env("SCIM_TOKEN", TOKEN)
        .env("TOKEN_URL", url.replace("/scim/v2", TOKEN_PATH))
        .env("CLIENT_ID", "me")
        .env("CLIENT_SECRET", "s")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn every_example_does_what_it_says() {
    let mock = Mock::start(&[]);
    let url = mock.url;
    let created = run(env!("CARGO_BIN_EXE_create_user"), &url);
    assert!(created.contains("title is Some(\"Countess\")\nnickname is Some(\"Ada\")"), "{created}");
    assert!(run(env!("CARGO_BIN_EXE_list_users"), &url).ends_with("1 users\n"));
    assert_eq!(run(env!("CARGO_BIN_EXE_group_members"), &url), "2 members\n");
    let adopted = run(env!("CARGO_BIN_EXE_adopt_on_conflict"), &url);
    let lines: Vec<&str> = adopted.lines().collect();
    assert!(lines[0].starts_with("first: made ") && lines[1].starts_with("second: was there "), "{adopted}");
    assert_eq!(lines[2], "another person of that name is not taken over: Some(409)");
    let bulk = run(env!("CARGO_BIN_EXE_bulk"), &url);
    assert_eq!(
        bulk,
        "alan: done (201)\njoan: done (201)\ndilly: done (201)\ngroup: done (201)\n0 not done\n"
    );
    assert!(run(env!("CARGO_BIN_EXE_oauth"), &url).ends_with("3 users seen\n"));
    let own = run(env!("CARGO_BIN_EXE_own_resource_type"), &url);
    assert_eq!(own, "this server has no printers\nSome(String(\"Printers\"))\n");
    let tour = run(env!("CARGO_BIN_EXE_tour"), &url);
    assert_eq!(tour, TOUR);
    let memory = run(env!("CARGO_BIN_EXE_in_memory_app"), &url);
    let missing = "GET http://localhost/scim/v2/Users/99: 404 without a SCIM error";
    assert_eq!(memory, format!("Some(\"ada\")\n{missing}\n"));
}

#[test]
fn provisioning_survives_faults_exactly() {
    // `USER_COUNT=10000 GROUP_COUNT=200 cargo test -p scim-examples --release` is the full size.
    let number =
        |name: &str, usual: usize| std::env::var(name).map_or(usual, |text| text.parse().expect("a number"));
    let (users, groups) = (number("USER_COUNT", 1500), number("GROUP_COUNT", 30));
    // Of the connections that break, half break after the request was carried out: no answer at all, or half of one.
    let faults = ["5% 429 retry-after 0", "1% drop", "0.5% drop-after", "0.5% cut", "1% 500"];
    let mock = Mock::start(&faults);
    let program = env!("CARGO_BIN_EXE_provision");
    let output = Command::new(program)
        .envs([("USER_COUNT", users.to_string()), ("GROUP_COUNT", groups.to_string())])
        .env("SCIM_URL", &mock.url)
        .env("SCIM_TOKEN", TOKEN)
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("failed") && !text.contains("conflict"), "{text}");
    assert!(text.contains("adopted"), "a create whose answer was lost is found again: {text}");
    assert!(text.contains(&format!("\ngroups: {groups} of {groups} complete\n")), "{text}");

    let stored = mock.provider.snapshot();
    let of = |kind: &'static str| stored.iter().filter(move |one| one["meta"]["resourceType"] == kind);
    let names: HashSet<&str> = of("User").filter_map(|user| user["userName"].as_str()).collect();
    assert_eq!((of("User").count(), names.len()), (users, users), "no duplicate, nobody missing");
    assert_eq!(of("Group").count(), groups);
    let members: Vec<&str> = of("Group")
        .flat_map(|group| group["members"].as_array().into_iter().flatten())
        .filter_map(|member| member["value"].as_str())
        .collect();
    let distinct: HashSet<&&str> = members.iter().collect();
    assert_eq!((members.len(), distinct.len()), (users, users), "no lost member");
    println!("{text}");
}
