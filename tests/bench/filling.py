"""Fills a bench's database with history by SQL: as many samples as asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

SAMPLE_COLUMNS = (
    "project_id", "session_id", "lane", "at", "event_id", "model", "used_tokens",
    "system_tokens", "history_tokens", "user_context_tokens", "tools_tokens",
    "unattributed_tokens", "window_tokens", "window_source", "available_tokens",
    "level", "source", "parts_source", "origin", "is_late", "is_clock_skewed",
)  # fmt: skip
STEP = 10_000


def fill(
    database: Path, *, sessions: int, samples: int, prefix: str = "old"
) -> list[int]:
    """Spread `samples` over new sessions `prefix-0`…; answers the sessions' ids.

    Only rows: levels and counters are as an import would leave them.
    """
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    project = db.execute("SELECT id FROM tracker_project ORDER BY id DESC").fetchone()
    ids = _sessions(db, project[0], sessions, prefix, samples // sessions)
    rows = _samples(project[0], ids, samples)
    marks = ", ".join("?" * len(SAMPLE_COLUMNS))
    insert = (
        f"INSERT INTO tracker_usagesample ({', '.join(SAMPLE_COLUMNS)}) "
        f"VALUES ({marks})"
    )
    keys = (
        "INSERT INTO tracker_eventkey (session_id, digest, at) "
        "VALUES (?, randomblob(16), ?)"
    )
    bar = tqdm(total=samples, unit=" samples", unit_scale=True, leave=False)
    while part := list(islice(rows, STEP)):
        db.execute("BEGIN")
        db.executemany(insert, part)
        db.executemany(keys, [(row[1], row[3]) for row in part])
        db.execute("COMMIT")
        bar.update(len(part))
    bar.close()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return ids


def _sessions(
    db: sqlite3.Connection, project: int, count: int, prefix: str, samples: int
) -> list[int]:
    now = datetime.now(UTC)
    known = [row[1] for row in db.execute("PRAGMA table_info(tracker_llmsession)")]
    ids: list[int] = []
    db.execute("BEGIN")
    for number in range(count):
        used = 1_000 + number * 7919 % 195_000
        seen = (now - timedelta(seconds=number * 5)).isoformat(" ")[:-6]
        values: dict[str, Any] = {
            "project_id": project, "key": f"{prefix}-{number}", "metadata": "{}",
            "origin": "api", "title": f"Old session {number}", "event_count": 0,
            "compression_count": 0, "saved_tokens": 0, "created_at": seen,
            "changed_us": number, "model": "my-model", "used_tokens": used,
            "system_tokens": 0, "history_tokens": used, "user_context_tokens": 0,
            "tools_tokens": 0, "unattributed_tokens": 0, "source": "counted",
            "parts_source": "counted", "window_tokens": 200_000,
            "window_source": "default", "available_tokens": 196_000,
            "policy_name": "default", "used_ratio": used / 196_000, "level": "ok",
            "event_level": "ok", "first_at": seen, "last_at": seen,
            "sample_count": samples,
        }  # fmt: skip
        held = {name: value for name, value in values.items() if name in known}
        cursor = db.execute(
            f"INSERT INTO tracker_llmsession ({', '.join(held)}) "
            f"VALUES ({', '.join('?' * len(held))})",
            tuple(held.values()),
        )
        ids.append(int(cursor.lastrowid or 0))
    db.execute(
        "UPDATE tracker_project SET ok_count = ok_count + ? WHERE id = ?",
        (count, project),
    )
    db.execute("COMMIT")
    return ids


def _samples(project: int, ids: list[int], samples: int) -> Iterator[tuple[Any, ...]]:
    """In the order of their time, as they would have come in."""
    start = datetime.now(UTC) - timedelta(days=30)
    step = timedelta(days=29) / samples
    for number in range(samples):
        used = 20_000 + number // len(ids) * 2_003 % 170_000
        at = (start + step * number).isoformat(" ")[:-6]
        yield (
            project, ids[number % len(ids)], "main", at, f"old-{number}", "my-model",
            used, 2_000, used - 2_000, 0, 0, 0, 200_000, "default", 196_000, "ok",
            "counted", "counted", "api", False, False,
        )  # fmt: skip
