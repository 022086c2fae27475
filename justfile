# Each step of CI is a recipe here, and `just ci` is all of it: `.ci/run` and the GitHub workflow call the same ones.

target := env("CARGO_TARGET_DIR", "target")

# The recipes.
list:
    @just --list --unsorted

# Everything that must pass before a change lands; the quick steps first.
ci: fmt deny purity clippy test features doc consumer peers browser

# Formatting; `cargo fmt --all` mends it.
fmt:
    cargo fmt --all --check

# Licenses, banned crates and sources of all dependencies, and that Cargo.lock is up to date.
deny:
    cargo deny --locked check --hide-inclusion-graph bans licenses sources

# scim-core has no runtime, sockets or randomness; scim-testkit has none of a server unless asked for one.
purity: (lacks "scim-core" "tokio|mio|hyper|axum|reqwest|rustls|native-tls|openssl|rand|getrandom|uuid" "--all-features") (lacks "scim-testkit" "tokio|mio|hyper|axum|reqwest|rustls|native-tls|openssl")

# Lints, with all features and with the default ones.
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo clippy --workspace --all-targets -- -D warnings

# Tests: unit tests, documentation examples, command-line transcripts, everything that crosses crates.
test:
    cargo test --workspace

# Bugs that real servers had: a run finds and names each. `just zoo NAME --verbose` plays one and prints its report.
zoo *args:
    cargo test -p scim-tests --test zoo -- bugs {{ args }}

# What the RFCs leave to a server: a run says nothing worse than information about it.
freedoms *args:
    cargo test -p scim-tests --test zoo -- freedoms {{ args }}

# Each library by itself with each set of its features, as a dependent would build it.
features:
    cargo clippy -p scim-core -- -D warnings
    cargo clippy -p scim-core --features vendors -- -D warnings
    cargo clippy -p scim-client --no-default-features -- -D warnings
    cargo clippy -p scim-client -- -D warnings
    cargo clippy -p scim-testkit --all-targets -- -D warnings
    cargo clippy -p scim-testkit --features http -- -D warnings
    cargo clippy -p scim-testkit --no-default-features --all-targets -- -D warnings
    cargo clippy -p scim-testkit --no-default-features --features server -- -D warnings
    cargo clippy -p scim-testkit --no-default-features --features wiremock -- -D warnings
    cargo clippy -p scim-testkit --features sqlite -- -D warnings
    cargo clippy -p scim-testkit --features ui -- -D warnings

# Documentation, without a broken link.
doc:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --all-features

# `scim test` on servers that other people wrote; `just peers --update` rewrites the reviewed findings.
peers *args:
    cargo build --release -p scim-cli -p scim-examples --bin scim --bin tour
    python3 tests/peers/run.py --scim {{ target }}/release/scim --tour {{ target }}/release/tour {{ args }}

# The README's tests of a client, in a project of their own; `--measure` builds it from nothing for each set of features.
consumer *args:
    python3 tests/consumer/run.py {{ args }}

# The page of `scim serve --ui` in a headless Chromium, which the script installs where it can; screenshots are in target/browser.
browser *args:
    cargo build -p scim-cli
    python3 tests/browser/run.py --scim {{ target }}/debug/scim --shots {{ target }}/browser {{ args }}

# Known vulnerabilities; needs the advisory database, so it is no part of `ci`.
advisories:
    cargo deny --locked check advisories

# How fast: the core, the mock provider, the core beside other libraries, and a whole default `scim test`.
bench: && bench-peers bench-serve wall
    cargo bench --workspace --all-features --bench '*'

# scim-core beside other libraries in one run: filters, matching by hand, PATCH (the last needs node and npm).
bench-peers:
    npm ci --prefix tests/benches/scim-patch
    cargo bench --manifest-path tests/benches/Cargo.toml

# `scim serve` beside servers that other people wrote and a bare one: requests a second, growth, memory.
bench-serve *args:
    cargo build --release -p scim-cli
    cargo build --release --manifest-path tests/benches/load/Cargo.toml --target-dir {{ target }}/benches
    python3 tests/benches/serve.py --scim {{ target }}/release/scim --load {{ target }}/benches/release {{ args }}

# Wall time of the default `scim test`: every dialect, every story, over loopback.
wall runs="10":
    #!/usr/bin/env python3
    import json, statistics, subprocess
    subprocess.run(["cargo", "build", "--release", "-p", "scim-cli"], check=True)
    command = ["{{ target }}/release/scim", "test", "--format", "json"]
    reports = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range({{ runs }})]
    seconds = [report["summary"]["seconds"] for report in reports]
    print(f"scim test: {reports[0]['summary']['requests']} requests, {len(reports[0]['stories'])} stories, "
          f"{statistics.median(seconds):.3f} s (median of {len(seconds)}; {min(seconds):.3f} to {max(seconds):.3f})")

[private]
lacks package crates features="--no-default-features":
    #!/usr/bin/env bash
    set -euo pipefail
    tree=$(cargo tree --locked -p {{ package }} {{ features }} -e normal --prefix none)
    if grep -E '^({{ crates }})([-_][^ ]+)? ' <<<"$tree"; then
        echo "{{ package }} {{ features }} must not depend on these" >&2
        exit 1
    fi
    echo "{{ package }} {{ features }}: pure"
