//! The `scim` command as people see it: the transcripts in `tests/cmd`.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .register_bin("scim", scim())
        // Empty is as good as unset; nobody's own settings may change a transcript.
        .env("SCIM_TOKEN", "")
        .env("SCIM_BASIC", "")
        .env("COLUMNS", "100")
        .case("cmd/*.trycmd");
}

/// The binary. Cargo builds a package's binaries for that package's own tests only, so it is built here.
fn scim() -> PathBuf {
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
    let messages = String::from_utf8(output.stdout).unwrap();
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "scim")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the executable that it builds")
}

/// Where this test was built: three levels above `target/debug/deps/it-…`.
fn target_dir() -> Option<PathBuf> {
    env::current_exe().ok()?.ancestors().nth(3).map(PathBuf::from)
}
