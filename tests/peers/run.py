#!/usr/bin/env python3
"""Runs `scim test` against SCIM servers that other people wrote, and holds it to reviewed findings.

Each peer is installed at pinned versions under target/peers/, started on a free loopback port, given
one user and one group of its own, tested, and stopped. A peer passes when `scim test` ends with 0 or
1, the server holds afterwards exactly what it held before, and the findings are the reviewed ones in
expected/NAME.txt: one line `level id idp+idp` each. `--update` rewrites those files; review the diff.
"""

import argparse
import contextlib
import difflib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
START_SECONDS = 60
TEST_SECONDS = 600
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
# Loopback traffic never goes through a proxy, whatever the environment says.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """Why a peer failed, in words for the person who reads the log."""


@dataclass(frozen=True)
class Peer:
    """A third-party server: what pins it, how it is installed and started, where it answers."""

    name: str
    pins: tuple[str, ...]
    install: Callable[[Path], list[list[str]]]
    start: Callable[[Path, int], list[str]]
    base: str
    token: str | None = None


def main() -> int:
    args = arguments()
    peers = [peer for peer in PEERS if args.only in (None, peer.name)]
    # A polite kill must unwind like Ctrl-C does: otherwise the server would outlive this program.
    for sent in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, lambda number, _: sys.exit(128 + number))
    failed = 0
    for peer in peers:
        print(f"peer {peer.name}", flush=True)
        try:
            run(peer, args)
            print(f"  ok {peer.name}", flush=True)
        except Failure as failure:
            failed += 1
            print(indent(f"FAILED {peer.name}: {failure}"), flush=True)
    print(f"{len(peers) - failed} passed, {failed} failed")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scim", type=Path, default=ROOT / "target/release/scim",
                        help="the binary under test (default: target/release/scim)")
    parser.add_argument("--only", choices=[peer.name for peer in PEERS], help="run one peer")
    parser.add_argument("--update", action="store_true", help="rewrite the reviewed findings")
    parser.add_argument("--keep-running", action="store_true",
                        help="after the test, leave the server up until Ctrl-C (with --only)")
    args = parser.parse_args()
    if args.keep_running and not args.only:
        parser.error("--keep-running needs --only")
    args.scim = args.scim.resolve()
    if not os.access(args.scim, os.X_OK) or args.scim.is_dir():
        parser.error(f"{short(args.scim)} is not an executable: build it first, or name it with --scim")
    return args


def run(peer: Peer, args: argparse.Namespace) -> None:
    home = installed(peer)
    port = free_port()
    base = f"http://127.0.0.1:{port}{peer.base}"
    with server(peer, home, port, base):
        failure = None
        try:
            check(peer, args, home, base)
        except Failure as caught:
            failure = caught
        if args.keep_running:
            print(f"  {peer.name} is at {base} (token: {peer.token or 'none'}) until Ctrl-C", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
        if failure:
            raise failure


def check(peer: Peer, args: argparse.Namespace, home: Path, base: str) -> None:
    seed(peer, base)
    before = holdings(peer, base)
    report = tested(peer, args.scim, home, base)
    problems = changes(before, holdings(peer, base))
    if problems:
        raise Failure("the server was not left as it was found:\n" + "\n".join(problems))
    compare(peer, findings(report), args.update)


def installed(peer: Peer) -> Path:
    """The peer's folder, with everything its pin files name; installed again only when they change."""
    home = ROOT / "target/peers" / peer.name
    source = HERE / peer.name
    stamp = home / "stamp"
    pinned = [sys.version.encode(), *((source / pin).read_bytes() for pin in peer.pins)]
    wanted = hashlib.sha256(b"\0".join(pinned)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        print("  installing", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for pin in peer.pins:
            shutil.copy(source / pin, home)
        for command in peer.install(home):
            try:
                done = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, errors="replace")
            except OSError as error:
                raise Failure(f"cannot install: {error.strerror or error}: {command[0]}") from error
            if done.returncode:
                said = " ".join(map(short, command))
                raise Failure(f"cannot install: `{said}` ended with {done.returncode}\n{tail(done.stdout)}")
        stamp.write_text(wanted)
    return home


@contextlib.contextmanager
def server(peer: Peer, home: Path, port: int, base: str):
    """The peer's server, answering at `base`; its whole process group is gone afterwards."""
    log = home / "server.log"
    env = os.environ | ({"PEER_TOKEN": peer.token} if peer.token else {})
    with log.open("wb") as output:
        try:
            child = subprocess.Popen(peer.start(home, port), cwd=home, env=env, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            raise Failure(f"cannot start: {error}") from error
    try:
        wait_until_up(peer, child, log, base)
        yield
        if child.poll() is not None:
            said = tail(log.read_text(errors="replace"))
            raise Failure(f"the server died during the test, with {child.returncode}\n{said}")
    finally:
        stop(child)


def wait_until_up(peer: Peer, child: subprocess.Popen, log: Path, base: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if child.poll() is not None:
            why = f"the server ended with {child.returncode} before it answered"
            break
        try:
            call(peer, "GET", f"{base}/ServiceProviderConfig", timeout=5)
            return
        except (OSError, ValueError) as error:
            why = f"no answer in {START_SECONDS} s ({error})"
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    raise Failure(f"{why}; its log ends with\n{tail(log.read_text(errors='replace'))}")


def stop(child: subprocess.Popen) -> None:
    for sent, patience in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
        # The group may hold more than the child, so it is signalled even when the child is gone.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def seed(peer: Peer, base: str) -> None:
    """Residents that no test created: `scim test` must leave them alone."""
    user = {"schemas": [CORE + "User"], "userName": "resident@example.test", "active": True,
            "emails": [{"value": "resident@example.test", "type": "work", "primary": True}]}
    member = answer(peer, "POST", f"{base}/Users", user)["id"]
    group = {"schemas": [CORE + "Group"], "displayName": "Residents", "members": [{"value": member}]}
    answer(peer, "POST", f"{base}/Groups", group)


def holdings(peer: Peer, base: str) -> dict:
    """What the server holds: per endpoint, how many resources it counts and those it lists."""
    held = {}
    for endpoint in ("Users", "Groups"):
        page = answer(peer, "GET", f"{base}/{endpoint}")
        held[endpoint] = (page["totalResults"], {item["id"]: item for item in page.get("Resources", [])})
    return held


def changes(before: dict, after: dict) -> list[str]:
    lines = []
    for endpoint, (count, items) in before.items():
        now, others = after[endpoint]
        if now != count:
            lines.append(f"{endpoint}: {count} before, {now} after")
        lines += [f"left behind: {item.get('userName') or item.get('displayName')}"
                  for id, item in others.items() if id not in items]
        lines += [f"not its own, but changed or gone: {json.dumps(items[id])} -> {json.dumps(others.get(id))}"
                  for id in items if others.get(id) != items[id]]
    return lines


def tested(peer: Peer, scim: Path, home: Path, base: str) -> dict:
    """The report of `scim test`, which may find faults (1) but must not fail itself (2 and above)."""
    output = home / "report.json"
    output.unlink(missing_ok=True)
    command = [str(scim), "test", base, "--format", "json", "--output", str(output)]
    if peer.token:
        command += ["--token", peer.token]
    try:
        done = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TEST_SECONDS,
                              env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    except subprocess.TimeoutExpired as error:
        raise Failure(f"`scim test` did not end in {TEST_SECONDS} s") from error
    except OSError as error:
        raise Failure(f"`scim test` cannot be run: {error.strerror or error}") from error
    if done.returncode not in (0, 1):
        raise Failure(f"`scim test` ended with {done.returncode}, expected 0 or 1\n{tail(done.stdout)}")
    try:
        report = json.loads(output.read_text())
        summary = report["summary"]
        keys = ("passed", "failed", "skipped", "errors", "requests")
        # Not in the form of this program's own closing line, which counts peers.
        print("  stories: " + ", ".join(f"{summary[key]} {key}" for key in keys), flush=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"`scim test` wrote no readable report: {error!r}\n{tail(done.stdout)}") from error
    return report


def findings(report: dict) -> list[str]:
    try:
        return sorted({" ".join([f["level"], f["id"], "+".join(f["idps"])]).strip() for f in report["findings"]})
    except (KeyError, TypeError) as error:
        raise Failure(f"the report's findings are not as documented: {error!r}") from error


def compare(peer: Peer, found: list[str], update: bool) -> None:
    expected = HERE / "expected" / f"{peer.name}.txt"
    if update:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text("".join(line + "\n" for line in found))
        print(f"  wrote {short(expected)}: review it", flush=True)
        return
    if not expected.is_file():
        raise Failure(f"no reviewed findings yet: run with --update and review {short(expected)}\n" + "\n".join(found))
    reviewed = expected.read_text().splitlines()
    diff = list(difflib.unified_diff(reviewed, found, short(expected), "found now", lineterm=""))
    if diff:
        raise Failure("the findings are not the reviewed ones\n" + "\n".join(diff))


def answer(peer: Peer, method: str, url: str, body: dict | None = None) -> dict:
    try:
        return call(peer, method, url, body)
    except (OSError, ValueError) as error:
        detail = error.read().decode(errors="replace") if isinstance(error, urllib.error.HTTPError) else ""
        raise Failure(f"{method} {url}: {error}\n{detail}") from error


def call(peer: Peer, method: str, url: str, body: dict | None = None, timeout: float = 30) -> dict:
    headers = {"Accept": "application/scim+json"}
    if body is not None:
        headers["Content-Type"] = "application/scim+json"
    if peer.token:
        headers["Authorization"] = f"Bearer {peer.token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    with HTTP.open(request, timeout=timeout) as response:
        return json.load(response)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:]) or "(nothing)"


def indent(text: str) -> str:
    return "\n".join("  " + line for line in text.rstrip().splitlines())


def short(path) -> str:
    return str(path).replace(f"{ROOT}/", "")


PEERS = [
    Peer(
        name="scim2-server",
        pins=("requirements.txt",),
        # Every dependency is pinned, so none is resolved.
        install=lambda home: [
            [sys.executable, "-m", "venv", str(home / "venv")],
            [str(home / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "-r", "requirements.txt"],
        ],
        start=lambda home, port: [str(home / "venv/bin/scim2-server"), "--port", str(port)],
        base="/v2",
    ),
    Peer(
        name="scimmy",
        pins=("package.json", "package-lock.json"),
        install=lambda home: [["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]],
        # The program must lie beside node_modules, where node looks for what it imports.
        start=lambda home, port: ["node", shutil.copy(HERE / "scimmy/app.mjs", home), str(port)],
        base="/scim/v2",
        token=secrets.token_urlsafe(16),
    ),
]

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped")
        sys.exit(130)
