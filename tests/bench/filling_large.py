"""Fills PostgreSQL by COPY, or SQLite, with a made history of any size.

It asks the store which columns there are, so the schema of an older build is filled by
the same lines.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

import psycopg
from tqdm import tqdm

from tests.bench.made_history import (
    KEY_ROW,
    PROJECTS,
    SAMPLE_CONSTANTS,
    SAMPLE_ROW,
    SPAN,
    History,
    digest_of,
    samples_of,
)

STEP = 50_000  # rows of one COPY
COUNTS = "ok", "warning", "compress", "critical", "exceeded"


class Store(Protocol):
    """What a fill needs of a database. `hour` is SQL that rounds a time down."""

    hour: str

    def columns(self, table: str) -> list[str]: ...

    def run(self, sql: str) -> list[tuple[Any, ...]]: ...

    def put(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        tail: Sequence[Any] = (),
    ) -> None:
        """`tail`: the values of the last columns, the same in every row."""

    def time(self, at: datetime) -> str: ...

    def binary(self, value: bytes) -> Any: ...

    def settle(self) -> None:
        """Write out all, and learn the planner's statistics."""


class PostgreSQL:
    hour = "date_trunc('hour', {})"

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url, autocommit=True)
        self._make_weeks(datetime.now(UTC) - SPAN - timedelta(days=8))

    def _make_weeks(self, since: datetime) -> None:
        """As a server that has run since then: a migration makes four past weeks."""
        names = [name for (name,) in self.run(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'tracker_usagesample'::regclass"
        )]  # fmt: skip
        weeks = sorted(name[-8:] for name in names if name[-8:].isdigit())
        table, monday = "tracker_usagesample", datetime.strptime(weeks[0], "%Y%m%d")
        self.run(f"ALTER TABLE {table} DETACH PARTITION {table}_before")
        while monday.replace(tzinfo=UTC) > since:
            until, monday = monday, monday - timedelta(days=7)
            self.run(
                f"CREATE TABLE {table}_w{monday:%Y%m%d} PARTITION OF {table} "
                f"FOR VALUES FROM ('{monday}+00') TO ('{until}+00')"
            )
        self.run(
            f"ALTER TABLE {table} ATTACH PARTITION {table}_before "
            f"FOR VALUES FROM (MINVALUE) TO ('{monday}+00')"
        )

    def columns(self, table: str) -> list[str]:
        return [name for (name,) in self.run(
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_name = '{table}' AND table_schema = current_schema()"
        )]  # fmt: skip

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        done = self._db.execute(sql.encode())
        return done.fetchall() if done.description else []

    def put(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        tail: Sequence[Any] = (),
    ) -> None:
        end = "".join(f"\t{value}" for value in tail) + "\n"
        copied = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._db.cursor() as cursor, cursor.copy(copied.encode()) as copy:
            for part in _parts(rows, 1_000):
                copy.write("".join(["\t".join(map(str, row)) + end for row in part]))

    def time(self, at: datetime) -> str:
        return str(at)

    def binary(self, value: bytes) -> str:
        return f"\\\\x{value.hex()}"

    def settle(self) -> None:
        for table in ("tracker_llmsession", "tracker_thresholdevent"):
            self.run(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                f"(SELECT max(id) FROM {table}))"
            )
        self.run("VACUUM ANALYZE")
        self.run("CHECKPOINT")
        self._db.close()


class SQLite:
    hour = "strftime('%Y-%m-%d %H:00:00', {})"

    def __init__(self, database: Path) -> None:
        self._db = sqlite3.connect(database, isolation_level=None)
        self.run("PRAGMA synchronous=OFF")

    def columns(self, table: str) -> list[str]:
        return [row[1] for row in self.run(f"PRAGMA table_info({table})")]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._db.execute(sql).fetchall()

    def put(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        tail: Sequence[Any] = (),
    ) -> None:
        marks = ["?"] * (len(columns) - len(tail)) + [_literal(v) for v in tail]
        insert = (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(marks)})"
        )
        self.run("BEGIN")
        self._db.executemany(insert, rows)
        self.run("COMMIT")

    def time(self, at: datetime) -> str:
        return at.isoformat(" ")[:-6]

    def binary(self, value: bytes) -> bytes:
        return value

    def settle(self) -> None:
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(int(value))


def fill(
    store: Store, *, sessions: int, samples: int, now: datetime
) -> tuple[History, float]:
    """Answers what is in it now, and how many seconds that took."""
    began = time.perf_counter()
    history = History(sessions, samples, _projects(store), now)
    _put(store, "tracker_llmsession", (session.row() for session in history))
    _put(store, "tracker_thresholdevent", history.events())
    _put_samples(store, history)
    _sum_up(store)
    store.settle()
    return history, time.perf_counter() - began


def _projects(store: Store) -> list[int]:
    """The bench's own project, and copies of it."""
    columns = store.columns("tracker_project")
    for number in range(1, PROJECTS):
        values = {"slug": f"'p-{number}'", "name": f"'Project {number}'"}
        kept = [name for name in columns if name != "id"]
        given = ", ".join(values.get(name, name) for name in kept)
        store.run(
            f"INSERT INTO tracker_project ({', '.join(kept)}) "
            f"SELECT {given} FROM tracker_project WHERE slug = 'bench'"
        )
    return [pk for (pk,) in store.run(
        "SELECT id FROM tracker_project WHERE slug = 'bench' OR slug LIKE 'p-%' "
        "ORDER BY id"
    )]  # fmt: skip


def _put(store: Store, table: str, rows: Iterator[dict[str, Any]]) -> None:
    known = store.columns(table)
    first = next(rows)
    names = [name for name in first if name in known]
    store.put(
        table,
        names,
        ([_text(store, row[name]) for name in names] for row in chain((first,), rows)),
    )


def _text(store: Store, value: Any) -> Any:
    return store.time(value) if isinstance(value, datetime) else value


def _put_samples(store: Store, history: History) -> None:
    known = store.columns("tracker_usagesample")
    constants = {k: v for k, v in SAMPLE_CONSTANTS.items() if k in known}
    columns, tail = (*SAMPLE_ROW, *constants), tuple(constants.values())
    rows = chain.from_iterable(samples_of(each, store.time) for each in history)
    bar = tqdm(total=sum(s.samples for s in history), unit=" samples", unit_scale=True)
    for part in _parts(rows, STEP):
        store.put("tracker_usagesample", columns, part, tail)
        keys = ((r[1], store.binary(digest_of(r[3])), r[2], r[0]) for r in part)
        store.put("tracker_eventkey", KEY_ROW, keys)
        bar.update(len(part))
    bar.close()


def _parts(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def _sum_up(store: Store) -> None:
    """Counts per level, last numbers, and the hourly sums."""
    for level in COUNTS:
        store.run(
            f"UPDATE tracker_project SET {level}_count = (SELECT count(*) FROM "
            "tracker_llmsession s WHERE s.project_id = tracker_project.id "
            f"AND s.level = '{level}')"
        )
    store.run(
        "UPDATE tracker_project SET last_seq = coalesce((SELECT max(seq) FROM "
        "tracker_thresholdevent e WHERE e.project_id = tracker_project.id), 0)"
    )
    hour: Callable[[str], str] = store.hour.format
    empty = dict.fromkeys(
        ("samples", "used_tokens", "new_sessions", "compressions", "saved_tokens",
         *(f"{level}_events" for level in COUNTS)), "0",
    )  # fmt: skip
    sums = [empty | {"samples": "count(*)", "used_tokens": "sum(used_tokens)"}]
    tables = [("tracker_usagesample", "at", sums[0])]
    tables += [("tracker_llmsession", "first_at", empty | {"new_sessions": "count(*)"})]
    events = {
        f"{level}_events": f"sum(CASE WHEN to_level = '{level}' THEN 1 ELSE 0 END)"
        for level in COUNTS
    }
    tables += [("tracker_thresholdevent", "at", empty | events)]
    # Each as a writer of its own: readers add them up.
    for writer, (table, at, values) in enumerate(tables):
        store.run(
            f"INSERT INTO tracker_hourlyrollup (project_id, hour, writer, "
            f"{', '.join(values)}) SELECT project_id, {hour(at)}, {writer}, "
            f"{', '.join(values.values())} FROM {table} "
            f"GROUP BY project_id, {hour(at)}"
        )
