"""make soak: 50,000 bad requests, 50 kills and 20 rounds of other trouble, on SQLite
and on PostgreSQL.
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

from tests.site_process import SiteProcess
from tests.soak.contract import contract
from tests.soak.faults import trouble_again_and_again
from tests.soak.fuzz import fuzz
from tests.soak.kills import kill_again_and_again


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


def run(name: str, work: Coroutine[Any, Any, str]) -> None:
    started = time.monotonic()
    print(
        f"{name}: {asyncio.run(work)} ({time.monotonic() - started:.0f} s)", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20, help="of trouble")
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
        print(f"seed {seed}, in {folder}", flush=True)
        for database in options.database or ("sqlite", "postgresql"):
            soak(database, folder, seed, options)


def soak(database: str, folder: Path, seed: int, options: argparse.Namespace) -> None:
    if options.requests:
        with server_on(database, folder / f"fuzz-{database}") as server:
            server.start()
            work = fuzz(server, requests=options.requests, seed=seed)
            run(f"fuzz on {database}", work)
    if options.requests:
        # A fifth as many, made of the contract by Schemathesis and Hypothesis.
        with server_on(database, folder / f"contract-{database}") as server:
            server.start()
            number, started = options.requests // 5, time.monotonic()
            said = contract(server, requests=number, seed=seed)
            took = time.monotonic() - started
            print(f"contract on {database}: {said} ({took:.0f} s)", flush=True)
    if options.kills:
        with server_on(database, folder / f"kills-{database}") as server:
            work = kill_again_and_again(server, kills=options.kills, seed=seed)
            run(f"kill -9 on {database}", work)
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


if __name__ == "__main__":
    main()
