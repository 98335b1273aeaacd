"""The orders of a list of sessions: by any of its columns, up or down."""

from __future__ import annotations

from django.db.models import QuerySet

from tracker.models.sessions import LLMSession
from tracker.reading.keyset import Page, Phase, keyset_page
from tracker.reading.sessions.listing.lists import (
    fullest_first,
    never_reported,
    newest_first,
)

NEWEST = "newest"
# The column as an address names it -> the field. The first way is down: largest first,
# but names from A.
COLUMNS = {
    NEWEST: "last_at",
    "fullest": "used_ratio",
    "tokens": "used_tokens",
    "turns": "sample_count",
    "events": "event_count",
    "freed": "saved_tokens",
    "name": "title",
}
_FROM_A = frozenset(("name",))


def is_ascending(column: str, is_turned: bool) -> bool:
    return (column in _FROM_A) != is_turned


def in_order(
    sessions: QuerySet[LLMSession],
    column: str,
    *,
    is_turned: bool = False,
    cursor: str | None,
    limit: int,
) -> Page:
    """A page by a column of COLUMNS, `is_turned` the other way round. Sessions that
    never reported come last. Raises CursorError. The two orders that are open most are
    those of indexes.
    """
    if (column, is_turned) == (NEWEST, False):
        return newest_first(sessions, cursor=cursor, limit=limit)
    if (column, is_turned) == ("fullest", False):
        return fullest_first(sessions, cursor=cursor, limit=limit)
    sign = "" if is_ascending(column, is_turned) else "-"
    known = sessions.exclude(last_at=None)
    phases = (
        Phase(known, (f"{sign}{COLUMNS[column]}", f"{sign}pk")),
        Phase(never_reported(sessions), (f"{sign}pk",)),
    )
    return keyset_page(phases, cursor=cursor, limit=limit)
