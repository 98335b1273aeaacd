"""make soak: 50,000 bad requests, 50 kills, four weeks of simulated traffic, a million
samples deleted, 20 rounds of other trouble and a minute of hostile callers, on SQLite
and on PostgreSQL; there also two versions side by side. Where Debian's packages are
there, also a fail-over of three nodes, and all behind PgBouncer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from tests.site_process import ROOT, SiteProcess
from tests.soak.contract import contract
from tests.soak.debian import nodes, pgbouncer
from tests.soak.debian.failover import failover
from tests.soak.faults import trouble_again_and_again
from tests.soak.forked_site import ForkedSite
from tests.soak.fuzz import HONEST_EACH, fuzz
from tests.soak.hostile import hostile_and_honest
from tests.soak.kills import kill_again_and_again
from tests.soak.long.deletion import large_project_deleted
from tests.soak.long.rolling import check_out, older_commit, rolling_restart
from tests.soak.long.weeks import weeks_of_traffic
from tests.soak.totals import Totals

LANES = 3  # servers that are killed side by side


@contextlib.contextmanager
def server_on(database: str, folder: Path) -> Iterator[SiteProcess]:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own where root starts it
    with contextlib.ExitStack() as stack:
        url = ""
        if database == "postgresql":
            from tracker.management.local_services import local_services

            url = stack.enter_context(local_services(folder)).database_url
        server = SiteProcess(folder, database_url=url)
        try:
            yield server
        finally:
            server.end()


@contextlib.contextmanager
def servers_on(database: str, folder: Path, number: int) -> Iterator[list[ForkedSite]]:
    """So many: each with a file of its own, or all on one PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        url = ""
        if database == "postgresql":
            from tracker.management.local_services import local_services

            url = stack.enter_context(local_services(folder)).database_url
        servers = []
        for place in (folder / f"lane{n}" for n in range(number)):
            place.mkdir(exist_ok=True)
            servers.append(ForkedSite(place, database_url=url))
            stack.callback(servers[-1].close)
        yield servers


@contextlib.contextmanager
def folder_for(given: Path | None, seed: int) -> Iterator[tuple[Path, int]]:
    """A folder that stays, with the seed it was begun with; else one for now."""
    if given is None:
        with tempfile.TemporaryDirectory(
            prefix="tb-soak-", ignore_cleanup_errors=True
        ) as name:
            yield Path(name), seed
        return
    given.mkdir(parents=True, exist_ok=True)
    kept = given / "seed"
    if not kept.exists():
        kept.write_text(str(seed))
    yield given.resolve(), int(kept.read_text())


def done_before(server: SiteProcess, journal: str, mark: str) -> int:
    """How many of these the folder's journal has."""
    path = server.folder / f"{journal}.journal"
    lines = path.read_text().split("\n") if path.exists() else []
    return sum(line.startswith(mark) for line in lines)


def run(name: str, work: Coroutine[Any, Any, str]) -> None:
    started = time.monotonic()
    print(
        f"{name}: {asyncio.run(work)} ({time.monotonic() - started:.0f} s)", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument(
        "--contract", type=int, default=10_000, help="requests by Schemathesis"
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--days", type=int, default=28, help="of simulated traffic")
    parser.add_argument(
        "--reports", type=int, default=24_000, help="on the first of these days"
    )
    parser.add_argument(
        "--deleted", type=int, default=1_000_000, help="samples of a deleted project"
    )
    parser.add_argument(
        "--rolling", type=int, default=3, help="servers replaced by another version"
    )
    parser.add_argument("--rounds", type=int, default=20, help="of trouble")
    parser.add_argument("--hostile", type=int, default=60, help="seconds of it")
    parser.add_argument(
        "--failovers", type=int, default=1, help="asynchronous and synchronous, each"
    )
    parser.add_argument("--pgbouncer", type=int, default=60, help="seconds behind it")
    parser.add_argument(
        "--totals", action="store_true", help="only say what a folder adds up to"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(
        "--database", action="append", choices=("sqlite", "postgresql"), default=[]
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="keep everything here; the same command goes on where it was ended",
    )
    options = parser.parse_args()
    with folder_for(options.folder, options.seed) as (folder, seed):
        folder.chmod(0o755)
        totals = Totals(folder / "totals.jsonl")
        if not options.totals:
            print(f"seed {seed}, in {folder}", flush=True)
            for database in options.database or ("sqlite", "postgresql"):
                soak(database, folder, seed, options, totals)
            soak_with_debian(folder, options, totals)
        print("\n".join(totals.said()), flush=True)


def soak(
    database: str,
    folder: Path,
    seed: int,
    options: argparse.Namespace,
    totals: Totals,
) -> None:
    if options.requests:
        with server_on(database, folder / f"fuzz-{database}") as server:
            before = done_before(server, "fuzz", "=")
            server.start()
            work = fuzz(server, requests=options.requests, seed=seed)
            run(f"fuzz on {database}", work)
            done = done_before(server, "fuzz", "=") - before
            honest = done // HONEST_EACH
            totals.note(
                "mutated requests",
                database,
                requests=done - honest,
                honest=honest,
                lost=0,  # else it would have ended with an AssertionError
                doubled=0,
            )
    if options.contract:
        with server_on(database, folder / f"contract-{database}") as server:
            server.start()
            number, started = options.contract, time.monotonic()
            said = contract(server, requests=number, seed=seed)
            took = time.monotonic() - started
            print(f"contract on {database}: {said} ({took:.0f} s)", flush=True)
            totals.note("requests by Schemathesis", database, requests=number)
    if options.kills:
        with servers_on(database, folder / f"kills-{database}", LANES) as servers:
            killed = sum(done_before(each, "kills", "k") for each in servers)
            stored = sum(done_before(each, "kills", "=") for each in servers)
            work = kill_again_and_again(servers, kills=options.kills, seed=seed)
            run(f"kill -9 on {database}", work)
            totals.note(
                "kill -9",
                database,
                kills=sum(done_before(each, "kills", "k") for each in servers) - killed,
                reports=sum(done_before(each, "kills", "=") for each in servers)
                - stored,
                lost=0,  # else it would have ended with an AssertionError
                doubled=0,
            )
    if options.days:
        place = folder / f"weeks-{database}-{int(time.time())}"
        with servers_on(database, place, 1) as (site,):
            days = {"days": options.days, "reports": options.reports}
            found = asyncio.run(weeks_of_traffic(site, **days, seed=seed))
        _tell("simulated traffic", database, found, totals)
    if options.deleted:
        place = folder / f"deleted-{database}-{int(time.time())}"
        with server_on(database, place) as server:
            found = large_project_deleted(server, samples=options.deleted)
        _tell("large project deleted", database, found, totals)
    if options.rolling and database == "postgresql":
        place = folder / f"rolling-{int(time.time())}"
        found = _rolling(place, servers=options.rolling, seed=seed)
        _tell("rolling restart", database, found, totals)
    if options.rounds:
        started = time.monotonic()
        said = trouble_again_and_again(
            database,
            folder / f"faults-{database}-{int(time.time())}",
            rounds=options.rounds,
            seed=seed,
        )
        took = time.monotonic() - started
        print(f"trouble on {database}: {said} ({took:.0f} s)", flush=True)
        totals.note("trouble", database, rounds=options.rounds, lost=0, doubled=0)
    if options.hostile:
        place = folder / f"hostile-{database}-{int(time.time())}"
        with server_on(database, place) as server:
            found = hostile_and_honest(server, seconds=options.hostile)
        found["seconds"] = options.hostile
        _tell("hostile callers", database, found, totals)


def _rolling(folder: Path, *, servers: int, seed: int) -> dict[str, float]:
    from tracker.management.local_services import local_services

    folder.mkdir(parents=True)
    folder.chmod(0o755)
    commit = older_commit()
    print(f"rolling restart beside {commit[:8]}", flush=True)
    older = check_out(commit, folder / "older")
    with local_services(folder / "services") as services:

        def make(name: str, is_old: bool) -> SiteProcess:
            place = folder / name
            place.mkdir()
            root = older if is_old else ROOT
            return SiteProcess(place, database_url=services.database_url, root=root)

        return asyncio.run(rolling_restart(make, servers=servers, seed=seed))


def _tell(what: str, database: str, found: dict[str, float], totals: Totals) -> None:
    print(f"{what} on {database}: {_shown(found)}", flush=True)
    totals.note(what, database, **found)


def soak_with_debian(folder: Path, options: argparse.Namespace, totals: Totals) -> None:
    """What needs packages of Debian's. Where they are not, it is left out, and said."""
    if options.pgbouncer and (lacks := pgbouncer.lacking()):
        print(f"behind PgBouncer: left out, this machine lacks {lacks}", flush=True)
    elif options.pgbouncer:
        place = folder / f"pgbouncer-{int(time.time())}"
        found = pgbouncer.behind_pgbouncer(place, seconds=options.pgbouncer)
        print(f"behind PgBouncer: {_shown(found)}", flush=True)
        totals.note("behind PgBouncer", "postgresql", **found)
    if options.failovers and (lacks := nodes.lacking()):
        print(f"fail-over: left out, this machine lacks {lacks}", flush=True)
        return
    for number in range(options.failovers):
        print(f"fail-over with {nodes.versions()}", flush=True)
        for is_synchronous in (False, True):
            kind = "synchronous" if is_synchronous else "asynchronous"
            place = folder / f"failover-{kind}-{int(time.time())}-{number}"
            place.mkdir(mode=0o755)
            found = asyncio.run(failover(place, is_synchronous=is_synchronous))
            print(f"{kind} fail-over: {_shown(found)}", flush=True)
            totals.note(f"{kind} fail-over", "postgresql", **found)


def _shown(counts: dict[str, float]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in counts.items())


if __name__ == "__main__":
    main()
