"""The statements that judge many stored gauges at once, of sessions and of lanes.

What is computed for each row is what `level_of` and `BudgetStatus.used_ratio` say
(tests/services/judged_gauges.py compares them). Call inside a transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import msgspec

from tracker.ingest.rows.sql import is_sqlite, run
from tracker.models import LLMSession, SessionLane

Gauge = type[LLMSession] | type[SessionLane]


class Kind(NamedTuple):
    """Gauges that are judged alike. `own` is the id of a session with a policy of its
    own, else 0.
    """

    model: str
    window_tokens: int
    window_source: str
    own: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What gauges of a kind are judged by from now on."""

    window_tokens: int
    window_source: str
    available_tokens: int
    policy_name: str
    warning_tokens: int
    compress_tokens: int
    critical_tokens: int


class Stored(NamedTuple):
    """What is read of a gauge. `session` is its session's id."""

    session: int
    level: str
    model: str
    window_tokens: int
    window_source: str


class Rows:
    """The gauges of these sessions of one project."""

    def __init__(self, project_id: int, sessions: Collection[int]) -> None:
        self._where = (_ids(sessions), project_id)

    def read(self, model: Gauge) -> list[Stored]:
        """Sessions are locked in the order in which writers lock them: by project, then
        by id.
        """
        return [Stored(*row) for row in run(_read(model), self._where)]

    def judge(
        self,
        model: Gauge,
        limits: dict[Kind, Limit],
        own: Collection[int],
        now_us: int,
        *,
        all_of_them: bool,
    ) -> dict[int, str]:
        """The new levels, by session, of the rows that were written: those that pages
        show otherwise now, or all. Of a session's lanes one.
        """
        if not limits:
            return {}
        changed = [now_us] if model is LLMSession else []
        rows = ((*kind, *astuple(limit)) for kind, limit in limits.items())
        values = [*changed, *chain.from_iterable(rows), *self._where]
        values += [_ids(own), all_of_them]
        return dict(run(_update(model, len(limits)), values))


def _ids(values: Collection[int]) -> object:
    """As one value, whatever their number."""
    return msgspec.json.encode(list(values)).decode() if is_sqlite() else list(values)


def _among(column: str) -> str:
    if is_sqlite():
        return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - a column
    return f"{column} = ANY(%s::bigint[])"


def _session(model: Gauge) -> str:
    return "id" if model is LLMSession else "session_id"


def _where(model: Gauge) -> str:
    """SQLite would take an index by project, and read all rows of the project."""
    project = "+s.project_id" if is_sqlite() else "s.project_id"
    return f"{_among(f's.{_session(model)}')} AND {project} = %s"


def _own(model: Gauge) -> str:
    session = f"s.{_session(model)}"
    return f"CASE WHEN {_among(session)} THEN {session} ELSE 0 END"


@cache
def _read(model: Gauge) -> str:
    is_locked = model is LLMSession and not is_sqlite()
    return (
        f"SELECT {_session(model)}, level, model, window_tokens, window_source "  # noqa: S608 - a model's table
        f"FROM {model._meta.db_table} s WHERE {_where(model)} "
        f"ORDER BY id {'FOR UPDATE' if is_locked else ''}"
    )


# Of a row's kind: column1 to 4 of the values; what it is judged by: column5 to 11.
_RATIO = "CAST(s.used_tokens AS double precision) / column7"  # SQLite's REAL, too
_LEVEL = (
    "CASE WHEN s.used_tokens > column7 THEN 'exceeded' "
    "WHEN s.used_tokens >= column11 THEN 'critical' "
    "WHEN s.used_tokens >= column10 THEN 'compress' "
    "WHEN s.used_tokens >= column9 THEN 'warning' ELSE 'ok' END"
)
# Open pages say more of a session that is warned, or that has told its messages, than
# columns hold: how far the next threshold is, or that it has too many.
_IS_OTHER = (
    "s.level <> 'ok' OR s.message_count IS NOT NULL OR s.used_tokens >= column9 "
    "OR s.window_tokens <> column5 OR s.window_source <> column6 "
    "OR s.available_tokens <> column7 OR s.policy_name <> column8 "
    f"OR s.used_ratio <> {_RATIO}"
)


@cache
def _update(model: Gauge, kinds: int) -> str:
    changed = "changed_us = %s, " if model is LLMSession else ""
    row = f"({', '.join(['%s'] * 11)})"
    return (
        f"UPDATE {model._meta.db_table} AS s SET {changed}window_tokens = column5, "  # noqa: S608 - parts of ours
        "window_source = column6, available_tokens = column7, policy_name = column8, "
        f"used_ratio = {_RATIO}, level = {_LEVEL} "
        f"FROM (VALUES {', '.join([row] * kinds)}) AS given WHERE {_where(model)} "
        "AND s.model = column1 AND s.window_tokens = column2 "
        f"AND s.window_source = column3 AND column4 = {_own(model)} "
        f"AND (%s OR {_IS_OTHER}) RETURNING {_session(model)}, level"
    )
