"""What the rows of many sessions come to, read in a few statements for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tracker.ingest.rows.event_keys import digest_of
from tracker.ingest.rows.of_session import rows_of_all
from tracker.ingest.rows.packed_keys import digests_of
from tracker.ingest.rows.sql import is_pipelined
from tracker.models import (
    Compression,
    LLMSession,
    ThresholdEvent,
    UsageSample,
)
from tracker.models.sessions import PART_COLUMNS

COLUMNS = (
    "session_id", "lane", "pk", "at", "event_id", "is_late", "implausible",
    "message_count", "source", "model", "used_tokens", *PART_COLUMNS,
)  # fmt: skip
_USED = COLUMNS.index("used_tokens")


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
    """Of each of these sessions. Five statements; the event keys only `with_keys`."""
    found = {session.pk: SessionFacts() for session in sessions}
    digests: dict[int, list[bytes]] = {pk: [] for pk in found}
    _read_samples(rows_of_all(UsageSample, sessions), found, digests, with_keys)
    for row in rows_of_all(Compression, sessions).order_by("at", "seq"):
        facts = found[row.session_id]
        if row.event_id:
            digests[row.session_id].append(digest_of(row.event_id, kind="compression"))
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
        _compare_keys(found, digests)
    return found


def _read_samples(
    rows: QuerySet[UsageSample],
    found: dict[int, SessionFacts],
    digests: dict[int, list[bytes]],
    with_keys: bool,
) -> None:
    newest: dict[tuple[int, str], tuple[Any, ...]] = {}
    told = rows.order_by().values_list(*COLUMNS)
    # The writer's pipeline has no cursor on the server to read portions from: there one
    # session's samples are read at once.
    for row in told if is_pipelined() else told.iterator(chunk_size=5_000):
        session, name, pk, at, event_id, is_late, implausible = row[:7]
        facts = found[session]
        lane = facts.lane(name)
        lane.samples += 1
        lane.first_at = _first(lane.first_at, at)
        if sum(row[_USED + 1 :]) != row[_USED]:
            facts.wrong_parts += 1
        if with_keys:
            digests[session].append(digest_of(event_id))
        if not is_late and not implausible:
            known = newest.get((session, name))
            if known is None or (at, pk) > (known[3], known[2]):
                newest[session, name] = row
    for (session, name), row in newest.items():
        values = dict(zip(COLUMNS, row, strict=True))
        found[session].lane(name).newest = UsageSample(**values)


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
