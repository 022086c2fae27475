#!/usr/bin/env python3
"""Uses scim-testkit as somebody else's project does: the tests of the README's section "In your own tests" are put into
a new project outside of this workspace, with the dependencies that the README names, and `cargo test` must pass there.

With --measure it also builds from nothing what a test author gets with the mock alone, and prints the number of crates
and the time.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "consumer"
FEATURE_SETS = (
    ("the mock alone", []),
    ("the mock on a port", ["server"]),
    ("the mock under wiremock", ["wiremock"]),
    ("everything that runs without the network (the default)", None),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="build from nothing, and print sizes and times")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scim-consumer-") as folder:
        try_readme(Path(folder))
    if arguments.measure:
        for title, features in FEATURE_SETS:
            with tempfile.TemporaryDirectory(prefix="scim-consumer-") as folder:
                measure(Path(folder), title, features)


def try_readme(project: Path):
    dependencies, tests = readme()
    here = f'path = "{ROOT / "scim-testkit"}"'
    dependencies, found = re.subn(r'(scim-testkit = \{ )version = "[^"]*"', rf"\g<1>{here}", dependencies)
    if found != 1:
        sys.exit("README.md: the dependency on scim-testkit is not where it is looked for")
    make(project, dependencies, tests)
    run(["cargo", "test", "--quiet"], project, TARGET)
    print(f"README.md: {tests.count('#[tokio::test]')} tests pass in a project of their own")


def readme() -> tuple[str, str]:
    """The dependencies and the tests that the README shows."""
    text = (ROOT / "README.md").read_text()
    section = text.split("## In your own tests", 1)[1].split("\n## ", 1)[0]
    blocks = dict(re.findall(r"```(toml|rust,ignore)\n(.*?)```", section, re.DOTALL)[:2])
    if len(blocks) != 2:
        sys.exit("README.md: the section has no dependencies, or no tests")
    return blocks["toml"], blocks["rust,ignore"]


def measure(project: Path, title: str, features: list[str] | None):
    options = "" if features is None else f", default-features = false, features = {features}".replace("'", '"')
    make(project, f'[dev-dependencies]\nscim-testkit = {{ path = "{ROOT / "scim-testkit"}"{options} }}\n', TINY)
    run(["cargo", "fetch"], project, TARGET)
    command = ["cargo", "tree", "--edges", "normal,dev,no-proc-macro", "--prefix", "none", "--no-dedupe"]
    tree = subprocess.run(command, cwd=project, stdout=subprocess.PIPE, text=True, check=True).stdout
    crates = {line.split(" (")[0] for line in tree.splitlines() if line} - {"consumer v0.1.0"}
    clean = project / "target"
    began = time.monotonic()
    run(["cargo", "test", "--quiet", "--offline"], project, clean)
    built = time.monotonic() - began
    print(f"{title}: {len(crates)} crates, built from nothing and run in {built:.1f} s")


def make(project: Path, dependencies: str, tests: str):
    (project / "src").mkdir()
    (project / "tests").mkdir()
    # Outside of the workspace, whatever folder the temporary one is in.
    head = '[package]\nname = "consumer"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n'
    (project / "Cargo.toml").write_text(head + dependencies)
    (project / "src" / "lib.rs").write_text("")
    (project / "tests" / "scim.rs").write_text(tests)
    # The same versions as everywhere else; cargo drops what is not needed.
    shutil.copy(ROOT / "Cargo.lock", project / "Cargo.lock")


def run(command: list[str], project: Path, target: Path):
    environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
    ended = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{ended.stdout}")


TINY = """\
#[test]
fn it_starts() {
    assert!(scim_testkit::MockScim::new().users().is_empty());
}
"""

if __name__ == "__main__":
    main()
