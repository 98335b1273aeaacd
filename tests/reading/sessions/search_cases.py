"""The cases of searching, asked through the index and row by row: both must agree.

`python -m tests.reading.sessions.search_cases` does so in the database of
DATABASE_URL, for PostgreSQL, and prints what differs.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import django

ROWS = [
    ("chat/42", "Refund bot for Zürich", {"team": "red"}),
    ("sessions-1", 'Says "hello" to 100 % of all', {"user": "ann-b"}),
    ("under_score", "back\\slash and 'quotes'", {}),
    ("x", "", {"host": "node-17", "tags": ["Alpha", "beta"]}),
    ("мир", "Привет мир", {"team": "red"}),
    ("ab", "cd", {}),
]
ASKED = (
    "refund", "ZÜRICH", "chat/42", '"hello"', "100 %", "ann-b", "under_", "k\\s",
    "'quo", "node-17", "alpha", "привет", "red", "bcd", "ab", "nowhere", "x", "* OR",
    "zürich", "re", "CD", "17", "9z", "ls", "\x1fcd", "team\": \"red",
)  # fmt: skip


def make(project: Any) -> None:
    from tracker.models import LLMSession

    now = datetime(2026, 11, 29, tzinfo=UTC)
    for key, title, metadata in ROWS:
        LLMSession.objects.create(
            project=project, key=key, title=title, metadata=metadata,
            created_at=now, last_at=now,
        )  # fmt: skip


def make_anew() -> None:
    """Take the migration of the index back, and make it once more."""
    from django.db import connection

    from tracker.migrations import _session_search as migration

    is_sqlite = connection.vendor == "sqlite"
    drops = migration.sqlite_drops if is_sqlite else migration.postgres_drops
    makes = migration.sqlite_statements if is_sqlite else migration.postgres_statements
    with connection.cursor() as cursor:
        for sql in (*drops(), *makes()):
            cursor.execute(sql)


def differences(project: Any) -> list[Any]:
    """Searches whose two ways find different sessions, and all that find nothing."""
    from unittest.mock import patch

    from tracker.reading.sessions.listing import lists

    found = []
    for text in ASKED:
        rows = lists.filtered_sessions([project], lists.SessionFilter(q=text))
        keys = sorted(row.key for row in rows)
        with patch.object(lists, "may_hold", return_value=None):
            rows = lists.filtered_sessions([project], lists.SessionFilter(q=text))
            one_by_one = sorted(row.key for row in rows)
        if keys != one_by_one:
            found.append([text, keys, one_by_one])
    return found


def kept_after_changes(project: Any) -> list[Any]:
    """What the index says of a session that is renamed, touched and deleted."""
    from tracker.models import LLMSession
    from tracker.reading.sessions.listing.searching import may_hold

    session = LLMSession.objects.get(project=project, key="x")
    told = []

    def tell() -> None:
        told.append([may_hold(word) == [session.pk] for word in ("node", "renamed")])

    tell()
    LLMSession.objects.filter(pk=session.pk).update(used_tokens=7)
    tell()
    LLMSession.objects.filter(pk=session.pk).update(title="Renamed", metadata={})
    tell()
    LLMSession.objects.filter(pk=session.pk).delete()
    tell()
    return told


KEPT = [[True, False], [True, False], [False, True], [False, False]]


if __name__ == "__main__":
    django.setup()
    from tracker.models import Project

    own = Project.objects.create(slug="searched")
    make_anew()
    make(own)
    print(json.dumps([differences(own), kept_after_changes(own)]))
