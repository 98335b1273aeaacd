"""Trouble of every kind under load, again and again; the server is never restarted."""

from __future__ import annotations

import contextlib
import random
import resource
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.faults.reports import Reports
from tests.faults.services import Postgres, Service, Valkey, seconds_until
from tests.site_process import SiteProcess

CLIENTS = 4
Trouble = Callable[[float], None]  # makes it, waits so many seconds, ends it


def trouble_again_and_again(
    database: str, folder: Path, *, rounds: int, seed: int
) -> str:
    """Raises AssertionError when something acknowledged is missing or doubled, when
    the server does not go on by itself, or for a traceback in its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        if database == "postgresql":
            server, troubles = _on_services(folder, stack)
        else:
            server = SiteProcess(folder)
            troubles = _of_sqlite(server)
        server.start()
        stack.callback(server.end)
        clients = [Reports(server, name=f"c{n}e") for n in range(CLIENTS)]
        for client in clients:
            stack.enter_context(client.http)
        for number in range(1, rounds + 1):
            _round(clients, troubles, number, rounds, random.Random(f"{seed}-{number}"))
        clients[0].log_has_no_traceback()
    total = sum(len(client.acknowledged) for client in clients)
    return f"{rounds} rounds, {total:,} reports, each there once; all adds up"


def _round(
    clients: list[Reports],
    troubles: dict[str, Trouble],
    number: int,
    rounds: int,
    dice: random.Random,
) -> None:
    name = list(troubles)[number % len(troubles)]
    seconds = dice.uniform(1, 12)
    with _load(clients):
        time.sleep(0.5)
        troubles[name](seconds)
        took = seconds_until(lambda: _is_ready(clients[0].server), at_most=60)
        time.sleep(1)
    for client in clients:
        client.settle()
    print(
        f"  {number} of {rounds}: {name} for {seconds:.0f} s, ready again after "
        f"{took:.1f} s, all adds up",
        flush=True,
    )


def _is_ready(server: SiteProcess) -> bool:
    return httpx.get(f"{server.address}/readyz", timeout=30).status_code == 200


@contextlib.contextmanager
def _load(clients: list[Reports]) -> Iterator[None]:
    """All report without pause; what goes wrong in one is raised at the end."""
    is_over = threading.Event()
    failed: list[BaseException] = []

    def work(client: Reports) -> None:
        try:
            while not is_over.is_set():
                client.send()
        except BaseException as error:  # noqa: BLE001 - raised again at the end
            failed.append(error)

    threads = [threading.Thread(target=work, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def _of_sqlite(server: SiteProcess) -> dict[str, Trouble]:
    path = server.folder / "data" / "db.sqlite3"

    def locked(seconds: float) -> None:
        other = sqlite3.connect(path, isolation_level=None, timeout=30)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        other.execute("ROLLBACK")
        other.close()

    def full(seconds: float) -> None:
        log = path.with_name("db.sqlite3-wal")
        _may_grow_to(server, log.stat().st_size + 1_000_000)
        time.sleep(seconds)
        _may_grow_to(server, resource.RLIM_INFINITY)

    return {"database locked": locked, "disk full": full}


def _may_grow_to(server: SiteProcess, size: int) -> None:
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _on_services(
    folder: Path, stack: contextlib.ExitStack
) -> tuple[SiteProcess, dict[str, Trouble]]:
    postgres = Postgres(folder)
    stack.callback(postgres.end)
    valkey = Valkey(folder)
    stack.callback(valkey.end)
    server = SiteProcess(folder, database_url=postgres.url, redis_url=valkey.url)
    troubles: dict[str, Trouble] = {}
    for name, service in (("PostgreSQL", postgres), ("Valkey", valkey)):
        troubles[f"{name} killed"] = _killed(service)
        troubles[f"{name} frozen"] = _frozen(service)
    return server, troubles


def _killed(service: Service) -> Trouble:
    def trouble(seconds: float) -> None:
        service.kill()
        time.sleep(seconds)
        service.begin()

    return trouble


def _frozen(service: Service) -> Trouble:
    def trouble(seconds: float) -> None:
        with service.frozen():
            time.sleep(seconds)

    return trouble
