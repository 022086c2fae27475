//! Runs every example against a mock provider, and looks at what it prints.

use std::{
    collections::HashSet,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::post,
};
use bytes::Bytes;
use futures_util::stream;
use scim_core::vendor::Profile;
use scim_testkit::provider::{Provider, World};

const TOKEN: &str = "example-token";

/// What goes wrong, by chance.
#[derive(Clone, Copy, Default)]
struct Faults {
    throttled: f64,
    cut: f64,
    failed: f64,
}

#[derive(Clone)]
struct Mock {
    provider: Arc<Provider>,
    faults: Faults,
    chance: Arc<Mutex<fastrand::Rng>>,
}

async fn answer(State(mock): State<Mock>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("examples send little");
    let request = http::Request::from_parts(head, body);
    let chance = mock.chance.lock().expect("no panic").f64();
    let Faults { throttled, cut, failed } = mock.faults;
    let plain =
        |status: u16| Response::builder().status(status).body(Body::from("by chance")).expect("a response");
    if chance < throttled {
        let mut response = plain(429);
        response.headers_mut().insert("retry-after", "0".parse().expect("a header"));
        return response;
    }
    let response: http::Response<Bytes> = mock.provider.handle(&request);
    if chance < throttled + cut {
        // It was done, and the connection breaks in the middle of the answer.
        let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
        return Response::builder()
            .status(response.status())
            .body(Body::from_stream(broken))
            .expect("a response");
    }
    if chance < throttled + cut + failed {
        // It was done, and the server says that it failed.
        return plain(500);
    }
    response.map(Body::from)
}

/// Serves in the background of the test, on a runtime of its own.
fn serve(faults: Faults) -> (Arc<Provider>, String) {
    let profile = Profile::builtin("interop").expect("it is built in");
    let provider = Provider::new(profile, World::deterministic()).with_token(Some(TOKEN.into()));
    let provider = Arc::new(provider);
    let mock = Mock {
        provider: Arc::clone(&provider),
        faults,
        chance: Arc::new(Mutex::new(fastrand::Rng::with_seed(7))),
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can");
    let address = listener.local_addr().expect("it is bound");
    let token = post(|| async { format!(r#"{{"access_token": "{TOKEN}", "expires_in": "3600"}}"#) });
    let router = Router::new().route("/token", token).fallback(answer).with_state(mock);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is a listener");
            axum::serve(listener, router).await
        })
    });
    (provider, format!("http://{address}"))
}

#[track_caller]
fn run(program: &str, url: &str) -> String {
    let output: Output = Command::new(program)
        .env("SCIM_URL", format!("{url}/scim/v2"))
        .env("SCIM_TOKEN", TOKEN)
        .env("TOKEN_URL", format!("{url}/token"))
        .env("CLIENT_ID", "me")
        .env("CLIENT_SECRET", "s")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn every_example_does_what_it_says() {
    let (_, url) = serve(Faults::default());
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
    let (provider, url) = serve(Faults { throttled: 0.05, cut: 0.02, failed: 0.01 });
    let program = env!("CARGO_BIN_EXE_provision");
    let output = Command::new(program)
        .envs([("USER_COUNT", users.to_string()), ("GROUP_COUNT", groups.to_string())])
        .env("SCIM_URL", format!("{url}/scim/v2"))
        .env("SCIM_TOKEN", TOKEN)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("failed") && !text.contains("conflict"), "{text}");
    assert!(text.ends_with(&format!("groups: {groups} of {groups} complete\n")), "{text}");

    let stored = provider.snapshot();
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
