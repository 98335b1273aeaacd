"""Which of the moves that a trace asks for are still to be made in the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.domain.lanes import MAIN_AGENT
from tracker.ingest.arrivals import Replaced
from tracker.ingest.twins.trace_book import Move, Settled
from tracker.models import LLMSession, UsageSample


def keep_due(project_id: int, settled: Settled) -> None:
    """Of the moves keep those of samples that are stored where the book has them:
    another way of the same call may have taken their place, or somebody deleted them.

    A move that only names its agent is due if the session's main lane is another
    agent's; if it is nobody's yet, the first one of them says whose it is.
    """
    if not settled.moves:
        return
    mains = _main_agents(project_id, {m.before.place.session for m in settled.moves})
    stored = _stored(project_id, settled.moves)
    due = []
    for move in settled.moves:
        session, agent = move.before.place.session, move.now.report.agent
        if move.names_agent and mains.get(session) == agent:
            settled.named.append(move)
        elif move.before.place in stored:
            due.append(move)
            mains[session] = mains.get(session) or agent
    settled.moves = due


def _main_agents(project_id: int, sessions: Iterable[str]) -> dict[str, str]:
    rows = LLMSession.objects.filter(project_id=project_id, key__in=list(sessions))
    found = rows.values_list("key", "metadata")
    return {key: str(metadata.get(MAIN_AGENT) or "") for key, metadata in found}


def _stored(project_id: int, moves: Sequence[Move]) -> set[Replaced]:
    before = [move.before.report for move in moves]
    samples = UsageSample.objects.filter(
        session__project_id=project_id, session__key__in={r.session for r in before}
    )
    times = [report.at for report in before if report.at is not None]
    if len(times) == len(before):  # by its index
        samples = samples.filter(at__gte=min(times), at__lte=max(times))
    return {Replaced(*row) for row in samples.values_list("session__key", "event_id")}
