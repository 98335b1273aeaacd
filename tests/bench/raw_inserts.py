"""The limit: raw sqlite3 executemany of the same rows into the same tables."""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.filling import SAMPLE_COLUMNS

STATE = (
    "used_tokens", "history_tokens", "message_count", "used_ratio", "level",
    "last_at", "sample_count", "changed_us",
)  # fmt: skip


def raw_rate(database: Path, *, batch: int, seconds: float) -> float:
    """Reports a second with one sample, one event key and one session update each
    (each session once a batch), committed with synchronous=FULL per batch.
    """
    db = sqlite3.connect(database, isolation_level=None, timeout=20)
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=16000", "cache_size=-65536"):
        db.execute(f"PRAGMA {pragma}")
    project = db.execute("SELECT id FROM tracker_project ORDER BY id DESC").fetchone()
    found = db.execute("SELECT id FROM tracker_llmsession LIMIT 1000")
    ids = [row[0] for row in found]
    stored, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        _batch(db, project[0], ids, stored, batch)
        stored += batch
    rate = stored / (time.perf_counter() - start)
    db.close()
    return rate


def _batch(
    db: sqlite3.Connection, project: int, ids: list[int], stored: int, batch: int
) -> None:
    at = datetime.now(UTC).isoformat(" ")[:-6]
    picked = [ids[(stored + n) * 7919 % len(ids)] for n in range(batch)]
    samples: list[tuple[Any, ...]] = [
        (
            project, session, "main", at, os.urandom(16).hex(), "my-model", 50_000,
            2_000, 48_000, 0, 0, 0, 200_000, "default", 196_000, "ok", "counted",
            "counted", "api", False, False,
        )
        for session in picked
    ]  # fmt: skip
    marks = ", ".join("?" * len(SAMPLE_COLUMNS))
    assigned = ", ".join(f"{name} = ?" for name in STATE)
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        "INSERT OR IGNORE INTO tracker_eventkey (session_id, digest, at) "
        "VALUES (?, ?, ?)",
        [(session, os.urandom(16), at) for session in picked],
    )
    db.executemany(
        f"INSERT INTO tracker_usagesample ({', '.join(SAMPLE_COLUMNS)}) "
        f"VALUES ({marks})",
        samples,
    )
    db.executemany(
        f"UPDATE tracker_llmsession SET {assigned} WHERE id = ?",
        [
            (50_000, 48_000, 5, stored % 1000 / 1000, "ok", at, stored, stored, pk)
            for pk in sorted(set(picked))
        ],
    )
    db.execute("COMMIT")
