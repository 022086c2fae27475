#!/usr/bin/env python3
"""Runs `scim test` against SCIM servers that other people wrote, and their testers against `scim serve`.

Each peer is installed at pinned versions under target/peers/, started on a free loopback port, given
one user and one group of its own, tested, and stopped. A peer passes when `scim test` ends with 0 or
1, the server holds afterwards exactly what it held before, and the findings are the reviewed ones in
expected/NAME.txt: one line `level id idp+idp` each. `--update` rewrites those files; review the diff.
A second run is stopped with Ctrl-C once it has created something: it, too, must leave all as it was.
Then the client's example `tour` lists, finds, creates, changes and deletes there, with the same code for
every server; expected/NAME.tour.txt holds what it says of a server that cannot do all of that.

A tester is installed in the same way and run on `scim serve`, once for each profile. Whatever it does not
pass is a disagreement, argued in docs/interop.md, and one line in expected/NAME.txt.
"""

import argparse
import contextlib
import difflib
import hashlib
import json
import os
import re
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
# What the client's tour says of a server that keeps what it is told; examples/tests/examples.rs expects the same.
TOUR = """\
list: 3 more
find: true
patch: active Some(false), family name Some("Changed")
members: 2
delete: gone true, 0 left over
"""
TEST_SECONDS = 600
PROFILES = ("interop", "rfc")
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


@dataclass(frozen=True)
class Tester:
    """A third-party tester: what pins it, how it is installed and run on a base URL, how its output is read."""

    name: str
    pins: tuple[str, ...]
    install: Callable[[Path], list[list[str]]]
    command: Callable[[Path, str, str], list[str]]
    read: Callable[[str], tuple[int, list[str]]]


def main() -> int:
    args = arguments()
    peers = [peer for peer in PEERS + TESTERS if args.only in (None, peer.name)]
    # A polite kill must unwind like Ctrl-C does: otherwise the server would outlive this program.
    for sent in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, lambda number, _: sys.exit(128 + number))
    failed = 0
    for peer in peers:
        print(f"peer {peer.name}", flush=True)
        started = time.monotonic()
        try:
            (run if isinstance(peer, Peer) else judged)(peer, args)
            print(f"  ok {peer.name} ({time.monotonic() - started:.0f} s)", flush=True)
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
    parser.add_argument("--tour", type=Path, default=ROOT / "target/release/tour",
                        help="the client's example (default: target/release/tour)")
    parser.add_argument("--only", choices=[peer.name for peer in PEERS + TESTERS], help="run one of them")
    parser.add_argument("--update", action="store_true", help="rewrite the reviewed findings")
    parser.add_argument("--keep-running", action="store_true",
                        help="after the test, leave the server up until Ctrl-C (with --only)")
    args = parser.parse_args()
    if args.keep_running and args.only not in [peer.name for peer in PEERS]:
        parser.error("--keep-running needs --only with the name of a server")
    args.scim, args.tour = args.scim.resolve(), args.tour.resolve()
    for program, flag in ((args.scim, "--scim"), (args.tour, "--tour")):
        if not os.access(program, os.X_OK) or program.is_dir():
            parser.error(f"{short(program)} is not an executable: build it first, or name it with {flag}")
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
    unchanged(peer, base, before)
    stopped(peer, args.scim, home, base, before)
    unchanged(peer, base, before, "after Ctrl-C ")
    tour(peer, args.tour, base)
    compare(peer.name, findings(report), args.update)


def unchanged(peer: Peer, base: str, before: dict, when: str = "") -> None:
    problems = changes(before, holdings(peer, base))
    if problems:
        raise Failure(f"{when}the server was not left as it was found:\n" + "\n".join(problems))


def tour(peer: Peer, program: Path, base: str) -> None:
    """The client does its whole round there, and finds everything as it should be, or as far as reviewed."""
    reviewed = HERE / "expected" / f"{peer.name}.tour.txt"
    wanted = reviewed.read_text() if reviewed.is_file() else TOUR
    said = ran("the client's tour", [str(program)], environment(peer.token, SCIM_URL=base), codes=None)
    # An error says where and after how long.
    said = re.sub(r"/(Users|Groups)/[^/?\"]+", r"/\1/ID", said.replace(base, "BASE"))
    said = re.sub(r"elapsed: [^,]+", "elapsed: TIME", said)
    if said != wanted:
        raise Failure(f"the client's tour said\n{said}\nexpected\n{wanted}")
    print(f"  the client's tour: {'ok' if wanted == TOUR else 'as reviewed'}", flush=True)


def judged(tester: Tester, args: argparse.Namespace) -> None:
    """The tester's opinion of the mock, in each profile."""
    home = installed(tester)
    lines = []
    for profile in PROFILES:
        mock = Peer(
            name=tester.name, pins=(), install=lambda _: [], base="/scim/v2", token=secrets.token_urlsafe(16),
            start=lambda _, port: [str(args.scim), "serve", "--port", str(port), "--profile", profile])
        port = free_port()
        base = f"http://127.0.0.1:{port}{mock.base}"
        with server(mock, home, port, base):
            before = holdings(mock, base)
            # Its exit code says no more than what it prints.
            command = tester.command(home, base, mock.token)
            text = ran(tester.name, command, environment(mock.token), codes=(0, 1), cwd=home)
            unchanged(mock, base, before)
        (home / f"{profile}.out").write_text(text)
        try:
            passed, others = tester.read(text)
        except (ValueError, KeyError, TypeError) as error:
            raise Failure(f"its output cannot be read: {error!r}\n{tail(text)}") from error
        print(f"  {profile}: {passed} passed, {len(others)} disagreements", flush=True)
        # What differs from run to run: ids, and the address.
        plain = (re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", line.replace(base, "BASE"))
                 for line in others)
        lines += [f"{profile} passed {passed}", *sorted({f"{profile} {line}" for line in plain})]
    compare(tester.name, lines, args.update)


def environment(token: str | None, **more: str) -> dict:
    """Without a proxy before loopback, and with the token as everybody who is run here expects it."""
    local = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    secret = {"SCIM_TOKEN": token, "SCIM_CLI_HEADERS": f"Authorization: Bearer {token}"} if token else {}
    return {key: value for key, value in os.environ.items() if key != "SCIM_TOKEN"} | local | secret | more


def ran(what: str, command: list[str], env: dict, codes: tuple[int, ...] | None, cwd: Path | None = None) -> str:
    """What a program says; its exit code must be one of `codes`."""
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TEST_SECONDS, env=env)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{what} did not end in {TEST_SECONDS} s") from error
    except OSError as error:
        raise Failure(f"{what} cannot be run: {error.strerror or error}") from error
    if codes is not None and done.returncode not in codes:
        raise Failure(f"{what} ended with {done.returncode}, expected one of {codes}\n{tail(done.stdout)}")
    return done.stdout


def installed(peer: Peer | Tester, source: Path | None = None) -> Path:
    """The peer's folder, with everything its pin files name; installed again only when they change."""
    home = ROOT / "target/peers" / peer.name
    source = source or HERE / peer.name
    stamp = home / "stamp"
    pinned = [sys.version.encode(), *((source / pin).read_bytes() for pin in peer.pins)]
    wanted = hashlib.sha256(b"\0".join(pinned)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        print("  installing", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for pin in peer.pins:
            (home / pin).parent.mkdir(exist_ok=True)
            shutil.copy(source / pin, home / pin)
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
    """The peer's server, a process that answers at `base`; its whole process group is gone afterwards."""
    log = home / "server.log"
    env = environment(peer.token, PEER_PORT=str(port), PEER_TOKEN=peer.token or "")
    with log.open("wb") as output:
        try:
            child = subprocess.Popen(peer.start(home, port), cwd=home, env=env, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            raise Failure(f"cannot start: {error}") from error
    try:
        wait_until_up(peer, child, log, base)
        yield child
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
    said = ran("`scim test`", testing(scim, base, output), environment(peer.token), codes=(0, 1), cwd=home)
    try:
        report = json.loads(output.read_text())
        summary = report["summary"]
        keys = ("passed", "failed", "skipped", "errors", "requests")
        # Not in the form of this program's own closing line, which counts peers.
        print("  stories: " + ", ".join(f"{summary[key]} {key}" for key in keys), flush=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"`scim test` wrote no readable report: {error!r}\n{tail(said)}") from error
    return report


def testing(scim: Path, base: str, output: Path) -> list[str]:
    return [str(scim), "test", base, "--format", "json", "--output", str(output)]


def stopped(peer: Peer, scim: Path, home: Path, base: str, before: dict) -> None:
    """Interrupts a run as soon as the server holds something of it."""
    log = home / "stopped.log"
    with log.open("wb") as output:
        child = subprocess.Popen(testing(scim, base, home / "stopped.json"), cwd=home, env=environment(peer.token),
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        while child.poll() is None and holdings(peer, base)["Users"][0] <= before["Users"][0]:
            time.sleep(0.01)
        if child.poll() is not None:
            raise Failure(f"`scim test` ended with {child.returncode} before it could be stopped")
        child.send_signal(signal.SIGINT)
        child.wait(TEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"`scim test` did not end in {TEST_SECONDS} s after Ctrl-C") from error
    finally:
        child.kill()
    if child.returncode < 0:
        raise Failure(f"Ctrl-C killed `scim test` instead of stopping it\n{tail(log.read_text(errors='replace'))}")
    print(f"  stopped by Ctrl-C: ended with {child.returncode}", flush=True)


def findings(report: dict) -> list[str]:
    try:
        return sorted({" ".join([f["level"], f["id"], "+".join(f["idps"])]).strip() for f in report["findings"]})
    except (KeyError, TypeError) as error:
        raise Failure(f"the report's findings are not as documented: {error!r}") from error


def compare(name: str, found: list[str], update: bool) -> None:
    expected = HERE / "expected" / f"{name}.txt"
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


def scim2_tester(text: str) -> tuple[int, list[str]]:
    """`STATUS check`, and below it, indented, why."""
    passed, others = 0, []
    for line in text.splitlines():
        status, _, check = line.partition(" ")
        if status == "SUCCESS":
            passed += 1
        elif status.isupper() and check:
            others.append(line)
        elif others and line.startswith("  ") and others[-1].count(": ") == 0:
            others[-1] += ": " + line.strip()
    if not passed:
        raise ValueError("no check passed")
    return passed, others


def scim_sanity(text: str) -> tuple[int, list[str]]:
    report = json.loads(text[text.index("{"):])
    others = [f"{result['status']} {result['name']}: {result.get('message', '')}"
              for result in report["results"] if result["status"] != "pass"]
    return report["summary"]["passed"], others


def python(home: Path) -> list[list[str]]:
    """Every dependency is pinned, so none is resolved."""
    return [
        [sys.executable, "-m", "venv", str(home / "venv")],
        [str(home / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "-r", "requirements.txt"],
    ]


PEERS = [
    Peer(
        name="scim2-server",
        pins=("requirements.txt",),
        install=python,
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
    Peer(
        name="django-scim2",
        # The database lies beside the program, so the program is copied, too.
        pins=("requirements.txt", "app.py", "company/__init__.py", "company/models.py"),
        install=python,
        start=lambda home, port: [str(home / "venv/bin/gunicorn"), "--preload", "--worker-class", "gthread",
                                  "--threads", "4", "--bind", f"127.0.0.1:{port}", "app:application"],
        base="/scim/v2",
        token=secrets.token_urlsafe(16),
    ),
]

TESTERS = [
    Tester(
        name="scim2-tester",
        pins=("requirements.txt",),
        install=python,
        command=lambda home, base, _: [str(home / "venv/bin/scim2"), "--url", base, "test"],
        read=scim2_tester,
    ),
    Tester(
        name="scim-sanity",
        pins=("requirements.txt",),
        install=python,
        command=lambda home, base, token: [str(home / "venv/bin/scim-sanity"), "probe", base, "--token", token,
                                           "--i-accept-side-effects", "--json-output"],
        read=scim_sanity,
    ),
]

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped")
        sys.exit(130)
