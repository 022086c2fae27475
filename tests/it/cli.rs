//! The `scim` command as people see it: the transcripts in `tests/cmd`, and what a transcript cannot show.

#![expect(clippy::unwrap_used, reason = "this file is a test, helpers and all")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .register_bin("scim", scim())
        // Empty is as good as unset; nobody's own settings may change a transcript.
        .env("SCIM_TOKEN", "")
        .env("SCIM_BASIC", "")
        .env("SCIM_URL", "")
        .env("SCIM_CONFIG", "config.toml")
        .env("COLUMNS", "100")
        .case("cmd/*.trycmd");
}

#[test]
fn standard_input_serves_for_either_file() {
    let parsed = fed(&["filter", "parse", "-"], "title PR\n");
    assert_eq!(text(&parsed.stdout), "title pr\n");
    let matched = fed(&["filter", "match", "title pr"], r#"{"title": "x"}"#);
    assert_eq!((code(&matched), text(&matched.stdout).as_str()), (0, "match\n"));
    let user = fs::read_to_string("cmd/patch.in/user.json").unwrap();
    let patched = fed(&["patch", "apply", "--resource", "-", "--patch", "cmd/patch.in/rfc.json"], &user);
    assert_eq!(code(&patched), 0, "{}", text(&patched.stderr));
    // A byte order mark is not part of the text; what is not UTF-8 is refused.
    let marked = fed(&["filter", "match", "title pr"], "\u{feff}{\"title\": \"x\"}");
    assert_eq!(code(&marked), 0, "{}", text(&marked.stderr));
}

/// `scim serve` in one process, `scim test` in another.
#[test]
fn a_served_mock_passes_and_nobody_learns_the_token() {
    let served = Served::start(&["--token", "hunter2"]);
    let url = served.url.as_str();
    let story = ["--story", "hire", "--idp", "entra"];

    let passed = run(&[&["test", url, "--token", "hunter2"], &story[..]].concat());
    assert_eq!(code(&passed), 0, "{}{}", text(&passed.stdout), text(&passed.stderr));
    assert!(text(&passed.stdout).contains("conforms: 0 findings"), "{}", text(&passed.stdout));

    let refused = run(&[&["test", url, "--token", "hunter3"], &story[..]].concat());
    assert_eq!((code(&refused), text(&refused.stdout).as_str()), (3, ""));
    let message = text(&refused.stderr);
    assert!(message.starts_with("error: the endpoint refuses the credentials: "), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");

    let taken = url.trim_start_matches("http://127.0.0.1:").trim_end_matches("/scim/v2");
    let second = run(&["serve", "--port", taken]);
    assert_eq!(code(&second), 3);
    assert!(
        text(&second.stderr).starts_with("error: cannot listen on 127.0.0.1:"),
        "{}",
        text(&second.stderr)
    );

    for output in [&passed, &refused, &second] {
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains("hunter"), "{all}");
    }
}

/// The environment, a file and the command line say the same; the command line wins.
#[test]
fn the_token_may_come_from_elsewhere() {
    let served = Served::start(&["--token", "hunter2"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "hunter2\n").unwrap();
    let file = file.path().to_str().unwrap();
    let story = ["test", &served.url, "--story", "hire", "--idp", "okta"];
    for (token, more, expected) in [
        ("hunter2", &[][..], 0),
        ("wrong", &["--token-file", file], 0),
        ("wrong", &["--token", "hunter2"], 0),
        ("wrong", &["--header", "Authorization: Bearer hunter2"], 0),
        ("hunter2", &["--basic", "a:b"], 3),
        ("", &[], 3),
    ] {
        let mut command = command(&[&story[..], more].concat());
        let output = command.env("SCIM_TOKEN", token).output().unwrap();
        assert_eq!(code(&output), expected, "{token} {more:?}: {}", text(&output.stderr));
    }
}

#[test]
fn json_goes_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fs::write(&path, "x".repeat(1_000_000)).unwrap();
    let output = path.to_str().unwrap();
    let run = run(&["test", "--story", "hire", "--format", "json", "--output", output]);
    assert_eq!((code(&run), text(&run.stdout).as_str()), (0, ""), "{}", text(&run.stderr));
    let report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["summary"]["failed"], 0);
    assert!(report["findings"].as_array().unwrap().is_empty());
}

/// A reader that has seen enough, as `head` has, is no reason to complain.
#[test]
fn a_closed_pipe_is_quiet() {
    let mut child =
        command(&["test", "--dry-run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), text(&output.stderr).as_str()), (0, ""));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_that_waits() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let child = command(&["test", &url]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _connection = silent.accept().unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 3);
    let message = text(&output.stderr);
    assert!(message.starts_with("stopping, and deleting what the run created"), "{message}");
    assert!(message.contains("the run was interrupted"), "{message}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_served_mock() {
    let mut served = Served::start(&[]);
    interrupt(&served.child);
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

/// A mock in a process of its own, which ends with the test.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(more: &[&str]) -> Self {
        let mut child = command(&[&["serve", "--port", "0"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(scim());
    command.args(arguments).env_remove("SCIM_TOKEN").env_remove("SCIM_BASIC");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn fed(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The binary. Cargo builds a package's binaries for that package's own tests only, so it is built here.
pub(crate) fn scim() -> &'static Path {
    static SCIM: OnceLock<PathBuf> = OnceLock::new();
    SCIM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "scim-cli", "--bin", "scim", "--message-format", "json"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        if let Some(target) = target_dir() {
            build.arg("--target-dir").arg(target);
        }
        let output = build.stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "scim-cli does not build");
        text(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "scim")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo names the executable that it builds")
    })
}

/// Where this test was built: three levels above `target/debug/deps/it-…`.
fn target_dir() -> Option<PathBuf> {
    env::current_exe().ok()?.ancestors().nth(3).map(PathBuf::from)
}
