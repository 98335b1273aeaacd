"""Marks helpers' calls anew where a request came after later ones.

A helper's call is known by the request before it. Telemetry may send a helper's span
first and the large request before it in a later batch: the helper's call is then the
first of its session, and was taken for the state of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tracker.domain.budget.helpers import HELPERS_IN_A_ROW, is_helper_call
from tracker.domain.budget.resolution import PolicyBook
from tracker.ingest.judging.usage.plausibility import HELPER_CALL
from tracker.ingest.judging.usage.taking_back import recount
from tracker.ingest.rows.of_session import rows_of
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sql import is_sqlite, run
from tracker.models import Compression, LLMSession, UsageSample

MOST_SAMPLES = 500  # further back a late request changes no mark
_READ = ("at", "model", "origin", "source", "used_tokens", "implausible")
# A transcript's reader knows its client's own requests, and marks them itself.
_MARKED_HERE = ("api", "otlp", "litellm", "gateway", "optimize")


def mark_anew(
    state: SessionState,
    lane: str,
    since: datetime,
    *,
    book: PolicyBook,
    changed_us: int,
) -> None:
    """Mark the lane's stored samples from `since` on as if they had come in time's
    order, and let its gauge show the newest that is none. One query of names where the
    lane has one model, as most have: reading its rows took half of a late batch.
    """
    if not _has_two_models(state, lane):
        return
    of_lane = rows_of(UsageSample, state, lane=lane)
    newest = of_lane.order_by("-at", "-pk")
    rows = list(newest.only(*_READ)[:MOST_SAMPLES])[::-1]
    changed = _changed(rows, since, _cuts(state))
    if not changed:
        return
    for row in changed:
        of_lane.filter(at=row.at, pk=row.pk).update(implausible=row.implausible)
    shown = [row for row in rows if not row.implausible][-1:]
    for row in shown:  # it is the newest now, whenever it came
        of_lane.filter(at=row.at, pk=row.pk).update(is_late=False)
    state.is_dropped = True  # its state in memory is out of date
    session = LLMSession.objects.select_related("project").get(
        project=state.project_id, pk=state.id
    )
    recount(session, {lane}, book, changed_us)


def _has_two_models(state: SessionState, lane: str) -> bool:
    """Among its newest MOST_SAMPLES. By hand: Django takes longer to write this
    statement than SQLite to answer it, and each late lane asks.
    """
    # By project where `rows_of` does.
    of_project = "" if is_sqlite() else f"project_id = {state.project_id:d} AND "
    newest = (
        f"SELECT model FROM {UsageSample._meta.db_table} "  # noqa: S608 - our table and number
        f"WHERE {of_project}session_id = %s AND lane = %s "
        f"ORDER BY at DESC, id DESC LIMIT {MOST_SAMPLES}"
    )
    found = run(
        f"SELECT DISTINCT model FROM ({newest}) AS newest LIMIT 2",  # noqa: S608 - as above
        (state.id, lane),
    )
    return len(found) == 2


def _cuts(state: SessionState) -> list[datetime]:
    rows = rows_of(Compression, state, is_advice=False)
    return list(rows.order_by("-at").values_list("at", flat=True)[:MOST_SAMPLES])


def _changed(
    rows: Sequence[UsageSample], since: datetime, cuts: Sequence[datetime]
) -> list[UsageSample]:
    """Those whose mark is another one now, which they have."""
    found: list[UsageSample] = []
    shown: UsageSample | None = None
    for place, row in enumerate(rows):
        is_ours = row.origin in _MARKED_HERE and row.source == "reported"
        if row.at >= since and is_ours and row.implausible in ("", HELPER_CALL):
            before = [r.model for r in rows[max(0, place - HELPERS_IN_A_ROW) : place]]
            mark = HELPER_CALL if _is_helper(row, shown, before[::-1], cuts) else ""
            if mark != row.implausible:
                row.implausible = mark
                found.append(row)
        if not row.implausible:
            shown = row
    return found


def _is_helper(
    row: UsageSample,
    shown: UsageSample | None,
    before: Sequence[str],
    cuts: Sequence[datetime],
) -> bool:
    if shown is None or shown.source != "reported":
        return False
    if any(shown.at <= at <= row.at for at in cuts):
        return False  # it is smaller because it was compressed
    return is_helper_call(
        row.used_tokens,
        row.model,
        window_holds=shown.used_tokens,
        window_model=shown.model,
        before=before,
    )
