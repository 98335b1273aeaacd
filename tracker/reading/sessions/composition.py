"""What fills a session's window, what each turn added, and what compressions found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.domain.composition.composition import Composition
from tracker.domain.composition.keeping import added_lines
from tracker.domain.reports import MAIN_LANE, Parts
from tracker.models import (
    CompressionComposition,
    LaneComposition,
    LLMSession,
    SessionLane,
    UsageSample,
)

TURNS, MOST_TURNS = 25, 500
COMPRESSIONS = 20
NO_MESSAGES = (
    "Its reports bring numbers only. Send the messages with POST /api/v1/usage, or "
    "have its session file read: then each token is named by kind, tool and file."
)


@dataclass(frozen=True, slots=True)
class Added:
    """What one request added: `change` since the one before (None: unknown), and of
    what.
    """

    pk: int
    at: datetime
    used_tokens: int
    change: int | None
    added: list[tuple[int, str, str]]  # tokens, kind, label


@dataclass(frozen=True, slots=True)
class BeforeCompression:
    compression_id: int
    at: datetime
    composition: Composition


@dataclass(frozen=True, slots=True)
class SessionComposition:
    """`at` is when the messages were seen. None: never; then `reason` says why, and the
    composition has only whole parts.
    """

    lane: str
    at: datetime | None
    reason: str | None
    composition: Composition
    turns: list[Added]  # newest first
    compressions: list[BeforeCompression]  # newest first


def composition_of(
    session: LLMSession,
    lane: str = MAIN_LANE,
    *,
    turns: int = TURNS,
    with_turn: int = 0,
    has_compressions: bool = True,
) -> SessionComposition:
    """Four queries, whatever the session's length; one more where the sample
    `with_turn` is older than the newest `turns`, so that these are MOST_TURNS. The page
    shows no compressions: to read 20 compositions took it longer than its own.
    """
    row = LaneComposition.objects.filter(session=session, lane=lane).first()
    if row is not None:
        found = Composition.read(row.packed, row.parts)
    else:
        found = Composition.of_parts(_parts_of(session, lane))
    newest = _turns(session, lane, turns)
    if with_turn and all(turn.pk != with_turn for turn in newest):
        newest = _turns(session, lane, MOST_TURNS)
    return SessionComposition(
        lane=lane,
        at=row.at if row else None,
        reason=None if row else NO_MESSAGES,
        composition=found,
        turns=newest,
        compressions=_compressions(session, lane) if has_compressions else [],
    )


def _parts_of(session: LLMSession, lane: str) -> Parts:
    if lane == MAIN_LANE:
        return session.parts
    row = SessionLane.objects.filter(session=session, name=lane).first()
    return row.parts if row else Parts()


def _turns(session: LLMSession, lane: str, count: int) -> list[Added]:
    rows = (
        UsageSample.objects.filter(session=session, lane=lane, implausible="")
        .order_by("-at", "-pk")
        .values_list("pk", "at", "used_tokens", "added")[: count + 1]
    )
    found = list(rows)
    changes = [
        new[2] - old[2] for new, old in zip(found, found[1:], strict=False)
    ]  # of all but the oldest
    return [
        Added(pk, at, used, change, added_lines(added))
        for (pk, at, used, added), change in zip(
            found[:count], [*changes, *[None] * count], strict=False
        )
    ]


def _compressions(session: LLMSession, lane: str) -> list[BeforeCompression]:
    rows = (
        CompressionComposition.objects.filter(
            compression__session=session, compression__lane=lane
        )
        .select_related("compression")
        .order_by("-compression__at", "-pk")[:COMPRESSIONS]
    )
    return [
        BeforeCompression(
            row.pk, row.compression.at, Composition.read(row.packed, row.parts)
        )
        for row in rows
    ]
