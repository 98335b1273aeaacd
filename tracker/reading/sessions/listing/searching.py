"""Which sessions may hold a text: asked of an index of trigrams, not of every row.

The index is a table of its own that triggers keep (`migrations/_session_search.py`):
FTS5 on SQLite, a GIN index on PostgreSQL.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from django.db import connection, transaction

from tracker.reading.several_projects import FEW

SHORTEST = 3  # an index of trigrams knows nothing shorter
# Only the beginning of a text is looked up: the time grows with the square of its
# length. 12,000 characters took 46 s, beside which nobody else is served.
LOOKED_UP = 40
_IS_THERE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'tracker_sessionsearch'",
    "postgresql": "SELECT 1 WHERE to_regclass('tracker_sessionsearch') IS NOT NULL",
}
_PAIR = re.compile("[A-Za-z0-9]{2}")
_TRIGRAMS = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.tracker_searchtrigrams "
    "USING fts5vocab(main, tracker_sessionsearch, row)"
)
_found = False  # a search index that was there stays there


def may_hold(text: str) -> list[int] | None:
    """The ids of all sessions that hold `text` in key, title or metadata, whatever its
    case, and perhaps some that do not: look at each. None where they are more than
    FEW, or the text is shorter than SHORTEST (on SQLite, than two ASCII letters or
    digits). Of all projects: narrow by these, too.
    """
    is_pair = connection.vendor == "sqlite" and _PAIR.fullmatch(text) is not None
    if not (is_pair or len(text) >= SHORTEST) or not _is_there():
        return None
    text = text[:LOOKED_UP]
    with _by_index(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            texts = _trigrams_from(text) if is_pair else [text]
            quoted = ['"' + each.replace('"', '""') + '"' for each in texts]
            cursor.execute(
                "SELECT rowid FROM tracker_sessionsearch WHERE text MATCH %s LIMIT %s",
                [" OR ".join(quoted), FEW + 1],
            )
        else:
            cursor.execute(
                "SELECT session_id FROM tracker_sessionsearch "
                "WHERE tracker_trigrams(text) @> tracker_trigrams(%s) LIMIT %s",
                [text, FEW + 1],
            )
        found = [pk for (pk,) in cursor.fetchall()]
    return found if len(found) <= FEW else None


def _trigrams_from(pair: str) -> list[str]:
    """Those that begin with these two letters, as SQLite's index has them. None is
    missed: behind a key and a title the index has more text, and metadata end in `}`.
    Two letters that nobody has took 80 ms of looking at 100,000 rows.
    """
    start = pair.lower()
    with connection.cursor() as cursor:
        cursor.execute(_TRIGRAMS)
        cursor.execute(
            "SELECT term FROM temp.tracker_searchtrigrams "
            "WHERE term >= %s AND term < %s",
            [start, start[0] + chr(ord(start[1]) + 1)],
        )
        return [term for (term,) in cursor.fetchall()] or [start]


@contextlib.contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL: of a text that many hold, the planner would rather compute the
    trigrams of some thousand rows, which takes 0.1 ms for each.
    """
    if connection.vendor == "sqlite":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


def _is_there() -> bool:
    """Not before the migration, nor where docs/distributed.sql has dropped it."""
    global _found
    if not _found:
        with connection.cursor() as cursor:
            cursor.execute(_IS_THERE[connection.vendor])
            _found = cursor.fetchone() is not None
    return _found
