#!/usr/bin/env python3
"""How fast `scim serve` is, beside servers that other people wrote and beside a server that does nothing.

Each server is started alone, with no users; `load` fills it and asks it, with the same requests for all, and checks the
answers. "cpu us" is the time on a processor that the server spends on a request; other work on the machine changes it
less than the rest. There is one start for each number of users, so memory is that of a fresh process. With --rounds, all servers
take turns that often, and the best round of each kind of request counts. An aim that is missed ends this with 1.

The peers are those of tests/peers. scim2-server runs under gunicorn, one process with one thread, since its users are in
the memory of one process; that is about twice as fast as its own command, which is made for tests.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Nobody wants compiled files beside the sources.
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "peers"))
import run  # noqa: E402

# What a run must show.
TIMES_PEER = 20
TIMES_BARE = 2
# A list of ten times as many would take ten times as long. What is left is that less fits the processor's caches, which
# a get by id feels as much.
GROWTH = 1.5
# The kinds of request that are compared with the peers.
COMPARED = ("create", "filter userName", "filter externalId", "patch")
FILTERS = ("filter userName", "filter externalId")
LOAD_SECONDS = 3600


def main() -> int:
    args = arguments()
    for sent in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, lambda number, _: sys.exit(128 + number))
    try:
        results = measured(args)
    except run.Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))
    rows = aims(results)
    print("\n".join(line(*row) for row in rows))
    missed = sum(not row[-1] for row in rows if row[-1] is not None)
    print(f"{missed} missed" if missed else "all aims are met")
    return 1 if missed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scim", type=Path, default=run.ROOT / "target/release/scim", help="the binary under test")
    parser.add_argument("--load", type=Path, default=run.ROOT / "target/benches/release",
                        help="the folder with `load` and `bare`")
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 10000], metavar="N")
    parser.add_argument("--seconds", type=float, default=3, help="for each kind of request (default: 3)")
    parser.add_argument("--concurrency", type=int, default=8, help="requests under way (default: 8)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each server has its turn (default: 1)")
    parser.add_argument("--only", action="append", help="a server to measure, repeatable; default all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    args = parser.parse_args()
    args.scim, args.load = args.scim.resolve(), args.load.resolve()
    for program in (args.scim, args.load / "load", args.load / "bare"):
        if not os.access(program, os.X_OK):
            parser.error(f"{run.short(program)} is not an executable: `just bench-serve` builds it")
    return args


def servers(args: argparse.Namespace) -> list[run.Peer]:
    known = {peer.name: peer for peer in run.PEERS}
    here = dict(pins=(), install=lambda _: [], base="/scim/v2")
    return [
        run.Peer(name=BARE, start=lambda _, port: [str(args.load / "bare"), str(port)], **here),
        run.Peer(name=OURS, token=secrets.token_urlsafe(16),
                 start=lambda _, port: [str(args.scim), "serve", "--port", str(port)], **here),
        known["scimmy"],
        replace(known["scim2-server"], name="scim2-server-gunicorn", start=gunicorn,
                install=lambda home: [*run.python(home), *more(home)],
                pins=(*known["scim2-server"].pins, "gunicorn.txt", "app.py")),
    ]


def more(home: Path) -> list[list[str]]:
    return [[str(home / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "-r", "gunicorn.txt"]]


def gunicorn(home: Path, port: int) -> list[str]:
    return [str(home / "venv/bin/gunicorn"), "--bind", f"127.0.0.1:{port}", "app:application"]


def measured(args: argparse.Namespace) -> dict:
    """By server and number of users: what `load` said of the best round of each kind of request."""
    known = servers(args)
    for name in args.only or ():
        if name not in {peer.name for peer in known}:
            raise run.Failure(f"no server is called {name}; there are {', '.join(peer.name for peer in known)}")
    peers = [peer for peer in known if args.only is None or peer.name in args.only]
    homes = {peer.name: run.installed(peer, SOURCES.get(peer.name)) for peer in peers}
    results = {}
    for number in range(args.rounds):
        for users in args.users:
            for peer in peers:
                if peer.name == BARE and users != args.users[0]:
                    continue
                print(f"round {number + 1}: {peer.name}, {users} users", file=sys.stderr, flush=True)
                best(results.setdefault(peer.name, {}), users, loaded(peer, homes[peer.name], users, args))
    return results


def loaded(peer: run.Peer, home: Path, users: int, args: argparse.Namespace) -> dict:
    port = run.free_port()
    base = f"http://127.0.0.1:{port}{peer.base}"
    with run.server(peer, home, port, base) as child:
        command = [str(args.load / "load"), base, "--json", "--pid", str(worker(child.pid)),
                   "--users", str(users), "--seconds", str(args.seconds), "--concurrency", str(args.concurrency)]
        if peer.token:
            command += ["--token", peer.token]
        if peer.name == BARE:
            command.append("--constant")
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                  timeout=LOAD_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise run.Failure(f"{peer.name}: not measured in {LOAD_SECONDS} s") from error
        if done.returncode:
            raise run.Failure(f"{peer.name}: `load` ended with {done.returncode}")
    report = json.loads(done.stdout)
    report["phases"] = {phase["name"]: phase for phase in report["phases"]}
    return report


def worker(pid: int) -> int:
    """The process that answers: gunicorn has one below the one that was started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def best(results: dict, users: int, report: dict) -> None:
    known = results.setdefault(users, report)
    for name, phase in report["phases"].items():
        if phase["per_second"] > known["phases"][name]["per_second"]:
            known["phases"][name] = phase


def table(results: dict) -> str:
    """Every server, every kind of request."""
    lines = [f"{'':24}{'users':>6}  {'':18}{'per s':>8}{'p50 us':>9}{'p99 us':>9}{'cpu us':>9}"]
    for server, counts in results.items():
        for users, report in counts.items():
            for name, phase in report["phases"].items():
                cells = (f"{phase[key]:>9.0f}" for key in ("p50_us", "p99_us", "cpu_us"))
                lines.append(f"{server:24}{users:>6}  {name:18}{phase['per_second']:>8.0f}{''.join(cells)}")
    return "\n".join(lines) + "\n"


def aims(results: dict) -> list[tuple]:
    """What, its value, what it should be in words, where the value is from, and whether it is as it should be."""
    ours, rows = results.get(OURS, {}), []
    peers = {name: counts for name, counts in results.items() if name not in (OURS, BARE)}
    rate = lambda counts, users, name: counts[users]["phases"][name]["per_second"]  # noqa: E731
    cpu = lambda counts, users, name: counts[users]["phases"][name]["cpu_us"]  # noqa: E731
    for users in ours if peers else ():
        for name in COMPARED:
            mine = rate(ours, users, name)
            theirs, peer = max((rate(counts, users, name), peer) for peer, counts in peers.items())
            rows.append((f"{name}, {users} users", mine / theirs, f"at least {TIMES_PEER} times the best peer",
                         f"{mine:.0f}/s; {peer} {theirs:.0f}/s, "
                         f"{cpu(peers[peer], users, name) / cpu(ours, users, name):.3g} times our processor time", mine >= TIMES_PEER * theirs))
    for users in ours if BARE in results else ():
        mine, bare = rate(ours, users, "get"), rate(results[BARE], min(results[BARE]), "get")
        rows.append((f"get by id, {users} users", bare / mine, f"bare axum at most {TIMES_BARE} times as fast",
                     f"{mine:.0f}/s; {bare:.0f}/s", bare <= TIMES_BARE * mine))
    if len(ours) > 1:
        few, many = min(ours), max(ours)
        for name in FILTERS:
            one, two = rate(ours, few, name), rate(ours, many, name)
            rows.append((f"{name}, {few} to {many}", one / two, f"the cost grows at most {GROWTH} times",
                         f"{one:.0f}/s; {two:.0f}/s", one <= GROWTH * two))
        grown = (ours[many]["rss_full_kib"] - ours[few]["rss_full_kib"]) * 1024
        rows.append((f"memory, {few} to {many}", grown / (many - few), "bytes for each user",
                     f"{ours[few]['rss_full_kib']} KiB; {ours[many]['rss_full_kib']} KiB", None))
    return rows


def line(what: str, value: float, aim: str, source: str, met: bool | None) -> str:
    mark = {True: "ok", False: "MISSED", None: ""}[met]
    return f"{what:38}{value:>8.4g}  {aim:38} {mark:8}{source}"


BARE = "bare-axum"
OURS = "scim-serve"
# Where the pins of those are whose folder has another name.
SOURCES = {"scim2-server-gunicorn": run.HERE / "scim2-server"}

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped")
        sys.exit(130)
