"""What the rows of many sessions come to, read in a few statements for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.event_keys import digest_of
from tracker.ingest.rows.of_session import rows_of_all
from tracker.ingest.rows.packed_keys import digests_of
from tracker.models import (
    Compression,
    LLMSession,
    SessionLane,
    ThresholdEvent,
    UsageSample,
)
from tracker.models.sessions import PART_COLUMNS

COLUMNS = ("message_count", "source", "model", "used_tokens", *PART_COLUMNS)


@dataclass(slots=True)
class LaneFacts:
    """`newest` is the sample that its gauge shows, `cut` the last compression that
    moved it.
    """

    samples: int = 0
    first_at: datetime | None = None
    newest: UsageSample | None = None
    cut: Compression | None = None


@dataclass(slots=True)
class SessionFacts:
    """`wrong_parts`: samples whose parts do not add up. `is_twice`: an event id has two
    samples. `lacks_keys`: one of them, or a compression, has no event key.
    """

    lanes: dict[str, LaneFacts] = field(default_factory=dict)
    events: int = 0
    last_level: str = ""
    compressions: list[tuple[int, int]] = field(default_factory=list)
    last_compression_at: datetime | None = None
    wrong_parts: int = 0
    is_twice: bool = False
    lacks_keys: bool = False

    def lane(self, name: str) -> LaneFacts:
        return self.lanes.setdefault(name, LaneFacts())


def facts_of(
    sessions: Collection[LLMSession], *, with_keys: bool = False
) -> dict[int, SessionFacts]:
    """Of each of these sessions, in a few statements. The event keys only `with_keys`,
    which needs a cursor on the server: not in the writer's pipeline.
    """
    found = {session.pk: SessionFacts() for session in sessions}
    _read_samples(sessions, found)
    for row in rows_of_all(Compression, sessions).order_by("at", "seq"):
        facts = found[row.session_id]
        if row.sets_gauge:
            lane = facts.lane(row.lane)
            lane.cut, lane.first_at = row, _first(lane.first_at, row.at)
        if not row.is_advice:
            facts.compressions.append((row.before_tokens, row.after_tokens))
            facts.last_compression_at = row.at
    events = rows_of_all(ThresholdEvent, sessions).order_by("seq")
    for pk, level in events.values_list("session_id", "to_level"):
        found[pk].events += 1
        found[pk].last_level = level
    if with_keys:
        _compare_keys(found, _digests(sessions))
    return found


def _read_samples(
    sessions: Collection[LLMSession], found: dict[int, SessionFacts]
) -> None:
    """Counted by the database: reading each sample took ten times as long."""
    is_shown = Q(is_late=False, implausible="")
    parts = sum((F(part) for part in PART_COLUMNS), start=F("used_tokens") * 0)
    rows = rows_of_all(UsageSample, sessions).order_by().values("session_id", "lane")
    shown_at: dict[tuple[int, str], datetime] = {}
    for row in rows.annotate(
        n=Count("pk"),
        first=Min("at"),
        newest=Max("at", filter=is_shown),
        wrong=Count("pk", filter=~Q(used_tokens=parts)),
    ):
        facts = found[row["session_id"]]
        lane = facts.lane(row["lane"])
        lane.samples, lane.first_at = row["n"], row["first"]
        facts.wrong_parts += row["wrong"]
        if row["newest"] is not None:
            shown_at[row["session_id"], row["lane"]] = row["newest"]
    projects = {session.project_id for session in sessions}
    of_main = LLMSession.objects.filter(pk__in=list(found), project__in=projects)
    of_lanes = SessionLane.objects.filter(
        session__in=list(found), project_id__in=projects
    )
    of_main = of_main.annotate(
        newest=_newest(is_shown, session=OuterRef("pk"), lane=MAIN_LANE)
    )
    of_lanes = of_lanes.annotate(
        newest=_newest(is_shown, session=OuterRef("session_id"), lane=OuterRef("name"))
    )
    told = [(pk, MAIN_LANE, row) for pk, row in of_main.values_list("pk", "newest")]
    told += of_lanes.values_list("session_id", "name", "newest")
    for pk, name, values in told:
        at = shown_at.get((pk, name))
        if at is not None:
            found[pk].lane(name).newest = UsageSample(
                session_id=pk, lane=name, at=at, **values
            )


def _newest(is_shown: Q, **of: Any) -> Subquery:
    """As one object with COLUMNS, of the sample that a gauge shows."""
    of["project"] = OuterRef("project_id")
    rows = UsageSample.objects.filter(is_shown, **of).order_by("-at", "-pk")
    return Subquery(rows.values(found=JSONObject(**{n: n for n in COLUMNS}))[:1])


def _digests(sessions: Collection[LLMSession]) -> dict[int, list[bytes]]:
    """Of the event id of each sample and compression."""
    digests: dict[int, list[bytes]] = {session.pk: [] for session in sessions}
    for kind, model in (("usage", UsageSample), ("compression", Compression)):
        rows = rows_of_all(model, sessions).order_by()
        if model is Compression:
            rows = rows.exclude(event_id="")
        for pk, event_id in rows.values_list("session_id", "event_id").iterator(5_000):
            digests[pk].append(digest_of(event_id, kind=kind))
    return digests


def _compare_keys(
    found: dict[int, SessionFacts], digests: dict[int, list[bytes]]
) -> None:
    keys = digests_of(found)
    for pk, wanted in digests.items():
        facts = found[pk]
        facts.lacks_keys = not keys[pk].issuperset(wanted)
        facts.is_twice = max(Counter(wanted).values(), default=0) > 1


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
