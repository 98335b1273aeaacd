"""The first messages of a socket: the present state, and what it has missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.domain.budget.status import LEVELS
from tracker.live import store
from tracker.live.bundles import Audience
from tracker.live.news import Numbered, encode
from tracker.models import LLMSession, Project
from tracker.reading.policies.policy_shelf import present_policies

NEWEST_SESSIONS = 200  # gauges in an overview's snapshot


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The present state of an audience, the same for each of its sockets."""

    message: dict[str, Any]
    text: str
    projects: list[Project]


@dataclass(frozen=True, slots=True)
class Greeting:
    """The texts to send first, and per project id the seq they reach."""

    texts: list[str]
    seqs: dict[int, int]


def parse_after(text: str, projects: list[Project]) -> dict[int, int]:
    """`slug:seq,slug:seq`, or one number for every project. Nonsense is ignored."""
    if _is_seq(text):
        return {project.pk: int(text) for project in projects}
    by_slug = {project.slug: project.pk for project in projects}
    after: dict[int, int] = {}
    for item in text.split(","):
        slug, _, seq = item.rpartition(":")
        if slug in by_slug and _is_seq(seq):
            after[by_slug[slug]] = int(seq)
    return after


def _is_seq(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def read_snapshot(audience: Audience) -> Snapshot:
    """Queries."""
    project_ids, session_id, span = audience
    projects = store.projects(project_ids)
    message = _snapshot(projects, session_id=session_id, span=span)
    return Snapshot(message, encode(message), projects)


def greet(snapshot: Snapshot, *, session_id: int | None, after: str) -> Greeting:
    """The snapshot, and the events and compressions between `after` and it. Queries
    only where something was missed. More than REPLAYED missed ones are a gap: the
    snapshot says so, and none is replayed.
    """
    wanted = parse_after(after, snapshot.projects)
    missed: list[Numbered] = []
    gap = False
    for project in snapshot.projects:
        if project.pk not in wanted or wanted[project.pk] >= project.last_seq:
            continue
        found = store.numbered_after(
            project,
            wanted[project.pk],
            # Later commits come as news.
            until=project.last_seq,
            session_id=session_id,
            limit=store.REPLAYED + 1,
        )
        gap = gap or len(found) > store.REPLAYED
        missed += found
    seqs = {project.pk: project.last_seq for project in snapshot.projects}
    if gap:
        return Greeting([encode({**snapshot.message, "gap": True})], seqs)
    return Greeting([snapshot.text, *(encode(news.message()) for news in missed)], seqs)


def _snapshot(
    projects: list[Project], *, session_id: int | None, span: str
) -> dict[str, Any]:
    book = present_policies()
    ids = [project.pk for project in projects]
    sessions = LLMSession.objects.filter(project__in=ids).select_related("project")
    if session_id is not None:
        found = list(sessions.filter(pk=session_id))
        gauges = store.gauges(found, book)
        for session in found:
            gauges += store.lane_gauges(session, book)
    else:
        newest = sessions.order_by("-changed_us")[:NEWEST_SESSIONS]
        gauges = store.gauges(newest, book)
    counts = store.counts_message(projects, span)
    return {
        "type": "snapshot",
        "seq": counts["seq"],
        "seqs": counts["seqs"],
        "session": gauges[0].head.session if session_id and gauges else None,
        "gap": False,
        "counts": {level: counts["counts"][level] for level in LEVELS},
        "active": counts["active"],
        "pending": counts["pending"],
        "unjudged": counts["unjudged"],
        "budgets": [gauge.message() for gauge in gauges],
    }
