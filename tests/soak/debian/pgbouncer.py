"""The whole product behind PgBouncer in transaction mode, where each transaction may
have another connection of PostgreSQL.

Needs Debian's package `pgbouncer`. Two connections for all programs together, handed
out in turns: what leans on a session's state fails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.faults.reports import Reports, browser, kinds_until, log_in, make_boss, watch
from tests.ports import free_port
from tests.site_process import ROOT, SiteProcess
from tracker.management.local_services import local_services

CONNECTIONS, CLIENTS = 3, 4
OF_A_KIND = (
    4  # pages of one kind that are asked for: /sessions/1/ is one of /sessions/N/
)
HREF = re.compile(r'(?:href|hx-get|src|data-url)="(/[^"#]*)')
NOT_ASKED = re.compile(r"^/(static|logout|admin/logout|admin/jsi18n|login/link)")
OLD_SESSIONS = """
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from tracker.changes.access.api_keys import create_api_key, create_project
from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import Project
now = timezone.now()
for slug in ("old", "doomed"):
    project, _ = create_project(slug=slug)
    days = 7 if slug == "old" else 30
    Project.objects.filter(pk=project.pk).update(retention_days=days)
    arrivals = [
        Arrival(project.pk, UsageReport(f"{slug}-{n % 40}", n, Parts(history=n),
            "reported", event_id=f"{slug}{n}", at=now - timedelta(days=9, seconds=-n)),
            now)
        for n in range(1, 801)
    ]
    Recorder().record(arrivals)
Project.objects.exclude(slug__in=("old", "doomed")).update(retention_days=30)
"""
DELETE = """
import django; django.setup()
from tracker.models import LLMSession, Project
from tracker.upkeep.deleting import delete_session
from tracker.upkeep.project_deletion import delete_project
delete_session(LLMSession.objects.filter(project__slug="doomed").first())
delete_project(Project.objects.get(slug="doomed"))
print(LLMSession.objects.filter(project__slug="doomed").count())
"""


def lacking() -> str:
    """What this machine lacks for it; "" where it has all."""
    return "" if shutil.which("pgbouncer") else "pgbouncer"


@contextlib.contextmanager
def bouncer(folder: Path, database_url: str) -> Iterator[str]:
    """PgBouncer before that PostgreSQL; yields the address of the database there."""
    parts = urlsplit(database_url)
    socket = parse_qs(parts.query)["host"][0]
    place, port = folder / "bouncer", free_port()
    place.mkdir()
    (place / "users").write_text('"postgres" ""\n')
    config = place / "pgbouncer.ini"
    config.write_text(
        "[databases]\n"
        f"* = host={socket} port={parts.port or 5432}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {place / 'users'}\n"
        "pool_mode = transaction\nserver_round_robin = 1\n"
        f"default_pool_size = {CONNECTIONS}\nmax_client_conn = 200\n"
    )
    owner = os.stat(socket)  # PgBouncer refuses to be root, and only this one may enter
    with open(place / "log", "wb") as log:
        process = subprocess.Popen(
            ["pgbouncer", str(config)], stdout=log, stderr=log,
            user=owner.st_uid, group=owner.st_gid,
        )  # fmt: skip
    try:
        yield f"postgres://postgres@127.0.0.1:{port}{parts.path}"
    finally:
        process.terminate()
        process.wait(30)


def behind_pgbouncer(folder: Path, *, seconds: float) -> dict[str, float]:
    """Counts for `Totals`. Raises AssertionError for an answer of 500, a traceback in
    the log, a report that is lost or doubled, or sums that differ from a recount.
    """
    with contextlib.ExitStack() as stack:
        services = stack.enter_context(local_services(folder))
        url = stack.enter_context(bouncer(folder, services.database_url))
        _migrate_three_at_once(folder, url)
        server = SiteProcess(folder, database_url=url, redis_url=services.redis_url)
        server.python("-c", OLD_SESSIONS)
        make_boss(server)
        server.start()
        stack.callback(server.end)
        return _all_of_it(server, seconds)


def _all_of_it(server: SiteProcess, seconds: float) -> dict[str, float]:
    until = time.monotonic() + seconds
    clients = [Reports(server, name=f"c{n}e") for n in range(CLIENTS)]
    failed: list[BaseException] = []

    def work(client: Reports) -> None:
        try:
            while not is_over.is_set():
                assert client.is_taken(), "a report was refused"
        except BaseException as error:  # noqa: BLE001 - raised again at the end
            failed.append(error)

    is_over = threading.Event()
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    found: Counter[str] = Counter()
    for thread in threads:
        thread.start()
    try:
        _hears_of_reports(server)
        _prune_twice_at_once(server)
        assert server.python("-c", DELETE).strip() == "0"
        server.manage("verify")
        while not found or (time.monotonic() < until and not failed):
            found += _crawl(server)
        _hears_of_reports(server)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    asyncio.run(_compressions(server))
    for client in clients:
        client.settle()
    clients[0].log_has_no_traceback()
    reports = sum(len(client.acknowledged) for client in clients)
    return {**found, "reports": reports, "lost": 0, "doubled": 0}


def _hears_of_reports(server: SiteProcess) -> None:
    with watch(server) as socket:
        kinds_until(socket, "budget")


def _migrate_three_at_once(folder: Path, url: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "TOKEN_BUDGET_DATA": str(folder / "data"),
        "TOKEN_BUDGET_DB_CONNECTIONS": "4",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        for _ in range(3)
    ]
    said = [one.communicate()[1] for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], "\n".join(said)


def _prune_twice_at_once(server: SiteProcess) -> None:
    """Both end well, or the second says that the first is at it."""
    told: list[str] = []

    def prune() -> None:
        try:
            told.append(server.manage("prune"))
        except AssertionError as error:
            told.append(str(error))

    threads = [threading.Thread(target=prune) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any("Deleted" in one for one in told), told
    for one in told:
        assert "Traceback" not in one, one
    # A lock that stayed with a connection of the pool would refuse this one.
    server.manage("prune")


def _crawl(server: SiteProcess) -> Counter[str]:
    """All pages that links lead to, some of each kind, and what the API answers."""
    asked: Counter[str] = Counter()
    seen, waiting = {"/"}, ["/", "/admin/", "/sessions/?q=c0e", "/find.json?q=c0e"]
    with browser(server) as client:
        log_in(client)
        while waiting:
            path = waiting.pop(0)
            kind = re.sub(r"\d+", "N", path.split("?")[0]) + "?" * ("?" in path)
            if asked[kind] >= OF_A_KIND:
                continue
            asked[kind] += 1
            answer = client.get(path)
            assert answer.status_code < 500, f"{path}: {answer.status_code}"
            if "html" not in answer.headers.get("content-type", ""):
                continue
            for link in HREF.findall(answer.text):
                link = link.replace("&amp;", "&")
                if link not in seen and not NOT_ASKED.match(link):
                    seen.add(link)
                    waiting.append(link)
    headers = {"Authorization": f"Bearer {server.key}"}
    exports = [
        f"/api/v1/export/{what}.{kind}"
        for what in ("sessions", "usage", "events", "compressions")
        for kind in ("csv", "ndjson")
    ]
    with httpx.Client(base_url=server.address, headers=headers, timeout=120) as api:
        for path in ("/api/v1/sessions?q=c0e", "/metrics", "/readyz", *exports):
            answer = api.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
    return Counter(pages=asked.total(), exports=len(exports))


async def _compressions(server: SiteProcess) -> None:
    """Some by the server, so that its workers' results come in this way too."""
    headers = {"Authorization": f"Bearer {server.key}"}
    messages = [
        {"role": "assistant" if n % 2 else "user", "content": f"Step {n}. " * 300}
        for n in range(60)
    ]
    body = {"messages": messages}
    async with httpx.AsyncClient(
        base_url=server.address, headers=headers, timeout=120
    ) as client:
        sent = [
            client.post(f"/api/v1/sessions/o{n}/optimize", json=body) for n in range(4)
        ]
        for answer in await asyncio.gather(*sent):
            assert answer.status_code in (200, 201), answer.text
