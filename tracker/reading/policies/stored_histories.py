"""Stored samples and compressions as plain tuples, for the backtest of a policy.

Raw SQL, because the ORM takes three times as long for a million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tracker.domain.budget.replay import (
    BY_POLICY,
    COMPRESSION,
    SAMPLE,
    SETS_GAUGE,
    Observation,
)
from tracker.domain.budget.status import TOLD_WINDOWS
from tracker.models.compressions import Compression
from tracker.models.samples import UsageSample
from tracker.models.sessions import LLMSession
from tracker.reading.stored_times import as_stored, raw_time

SESSIONS_AT_ONCE = 5_000
SAMPLES_AT_ONCE = 100_000  # about 40 MB of tuples
ASKED_BY_POLICY = ("messages", "budget", "critical", "exceeded")


@dataclass(frozen=True, slots=True)
class Context:
    """Decides which policy applies: the model, and the window that the client reported.
    0: it reported none; then the window known for `window_model` applies.
    """

    model: str
    reported_window: int
    window_model: str


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """Observations refer to a context by its index. `counted_from` is the index of the
    first observation within the period.
    """

    session_id: int
    project_id: int
    observations: list[Observation]
    contexts: tuple[Context, ...]
    counted_from: int


def stored_histories(
    sessions: QuerySet[LLMSession], *, since: datetime | None
) -> Iterator[StoredHistory]:
    """Each session from its beginning, so that its level at `since` is right."""
    for chunk in _chunks(sessions):
        projects = dict(chunk)
        compressions = _compressions(projects)
        border = as_stored(since) if since else None
        for session_id, group in groupby(_sample_rows(list(projects)), itemgetter(7)):
            merged = _in_order(list(group), compressions.pop(session_id, []))
            yield _history(session_id, projects[session_id], merged, border)
        for session_id, rows in compressions.items():  # never reported usage
            yield _history(session_id, projects[session_id], rows, border)


def _chunks(sessions: QuerySet[LLMSession]) -> Iterator[list[tuple[int, int]]]:
    chunk: list[tuple[int, int]] = []
    size = 0
    columns = ("pk", "project_id", "sample_count")
    rows = sessions.order_by("pk").values_list(*columns)
    for pk, project_id, count in _page_by_page(rows):
        if chunk and (size + count > SAMPLES_AT_ONCE or len(chunk) >= 500):
            yield chunk
            chunk, size = [], 0
        chunk.append((pk, project_id))
        size += count
    if chunk:
        yield chunk


def _page_by_page(rows: QuerySet[Any, Any]) -> Iterator[tuple[int, int, int]]:
    """Rows that begin with their id, in its order."""
    page, last = list(rows[:SESSIONS_AT_ONCE]), 0
    while page:
        yield from page
        last = page[-1][0]
        page = list(rows.filter(pk__gt=last)[:SESSIONS_AT_ONCE])


def _sample_rows(session_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """(at, kind, used, messages, window, window source, model, session)"""
    marks = ", ".join(["%s"] * len(session_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {raw_time('at')}, {SAMPLE}, used_tokens, message_count, "  # noqa: S608 - our expressions; the ids are parameters
            "window_tokens, window_source, model, session_id "
            f"FROM {UsageSample._meta.db_table} "
            f"WHERE session_id IN ({marks}) AND lane = 'main' AND NOT is_late "
            "AND implausible = '' "
            "ORDER BY session_id, at, id",
            list(session_ids),
        )
        while rows := cursor.fetchmany(10_000):
            yield from rows


def _compressions(session_ids: Iterable[int]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    rows = Compression.objects.filter(
        session__in=list(session_ids), lane="main", is_advice=False
    ).order_by("at", "pk")
    for (
        session_id,
        at,
        after,
        count,
        sets_gauge,
        by,
        trigger,
    ) in rows.values_list(
        "session_id",
        "at",
        "after_tokens",
        "after_message_count",
        "sets_gauge",
        "performed_by",
        "trigger",
    ):
        kind = COMPRESSION + SETS_GAUGE * sets_gauge
        if by == "tracker" and trigger in ASKED_BY_POLICY:
            kind += BY_POLICY
        found.setdefault(session_id, []).append(
            (as_stored(at), kind, after, count, None, "", "", session_id)
        )
    return found


def _in_order(
    samples: list[tuple[Any, ...]], compressions: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """By time. At equal times the sample goes first: it is what was compressed."""
    if compressions:
        samples += compressions
        samples.sort(key=itemgetter(0))  # stable
    return samples


def _history(
    session_id: int, project_id: int, merged: list[tuple[Any, ...]], border: Any
) -> StoredHistory:
    contexts: dict[tuple[str, int, str], int] = {}
    observations: list[Observation] = []
    model, reported, window_model, index, counted_from = "", 0, "", -1, 0
    seen: tuple[Any, ...] = ()
    for at, kind, used, count, window, source, named, _ in merged:
        if (kind, window, source, named) != seen:
            seen = (kind, window, source, named)
            # A compression has the model and window of the sample before it.
            model = named or model
            if kind == SAMPLE:
                reported = window if source in TOLD_WINDOWS else 0
                window_model = model
            key = (model, reported, window_model)
            index = contexts.setdefault(key, len(contexts))
        observations.append((kind, used, -1 if count is None else count, index))
        if border is not None and at < border:
            counted_from = len(observations)
    return StoredHistory(
        session_id,
        project_id,
        observations,
        tuple(Context(*key) for key in contexts),
        counted_from,
    )
