"""make soak: 50,000 bad requests and 50 kills, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from tests.soak.fuzz import fuzz
from tests.soak.kills import kill_again_and_again
from tests.soak.server import SoakServer


@contextlib.contextmanager
def server_on(database: str) -> Iterator[SoakServer]:
    with tempfile.TemporaryDirectory(
        prefix="tb-soak-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own where root starts it
        url = ""
        if database == "postgresql":
            from tracker.management.local_services import local_services

            url = stack.enter_context(local_services(folder)).database_url
        server = SoakServer(folder, database_url=url)
        try:
            yield server
        finally:
            server.end()


def run(name: str, work: Coroutine[Any, Any, str]) -> None:
    started = time.monotonic()
    print(
        f"{name}: {asyncio.run(work)} ({time.monotonic() - started:.0f} s)", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(
        "--database", action="append", choices=("sqlite", "postgresql"), default=[]
    )
    options = parser.parse_args()
    print(f"seed {options.seed}")
    for database in options.database or ("sqlite", "postgresql"):
        if options.requests:
            with server_on(database) as server:
                server.start()
                work = fuzz(server, requests=options.requests, seed=options.seed)
                run(f"fuzz on {database}", work)
        if options.kills:
            with server_on(database) as server:
                work = kill_again_and_again(
                    server, kills=options.kills, seed=options.seed
                )
                run(f"kill -9 on {database}", work)


if __name__ == "__main__":
    main()
