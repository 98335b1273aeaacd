"""The news that a commit makes, from the writer to the socket: three frozen types.

A gauge moved, a threshold was crossed, a compression was recorded. The same types
are made of fresh rows (`ingest/judging/news.py`) and of rows read back
(`live/store.py`), so what is pushed and what is replayed cannot differ. They travel
between processes as msgpack; `message` gives the JSON object that a socket receives
(docs/reference.md lists its fields).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.budget.status import BudgetStatus, percent_text
from tracker.models import Compression, LLMSession, ThresholdEvent

SUMMARY_CHARACTERS = 600  # enough for the card; the page has the whole


class SessionHead(msgspec.Struct, frozen=True, gc=False):
    """The session a message is about: `session` is its key, `project` a slug."""

    session: str
    pk: int
    project: str
    title: str

    @classmethod
    def of(cls, session: LLMSession, project: str) -> SessionHead:
        return cls(session.key, session.pk, project, session.title)


class GaugeMoved(msgspec.Struct, frozen=True, tag=True):
    """One lane's gauge at a commit. The newest of a lane replaces all earlier ones.

    `seq` is the project's newest number at that commit; a gauge takes no number itself.
    `changed_us` orders the gauges of a session (microseconds since 1970).
    """

    project_id: int
    head: SessionHead
    lane: str
    changed_us: int
    seq: int
    status: BudgetStatus
    model: str
    last_at: datetime | None
    sample_count: int
    message_count: int | None
    compact_at_tokens: int | None = None  # of the session; None for a sub-agent's lane

    @property
    def place(self) -> tuple[int, str]:
        """Session and lane: what a newer gauge must share to replace this one."""
        return self.head.pk, self.lane

    def message(self) -> dict[str, Any]:
        return {
            "type": "budget",
            "seq": self.seq,
            **msgspec.structs.asdict(self.head),
            "model": self.model,
            "lane": self.lane,
            "last_at": self.last_at,
            "sample_count": self.sample_count,
            "message_count": self.message_count,
            "compact_at_tokens": self.compact_at_tokens,
            "budget": self.status.as_dict(),
        }

    def row(self) -> dict[str, Any]:
        """The part of `message` that a list's row shows: half the bytes, which counts
        where a thousand rows move.
        """
        status = self.status
        available = status.limits.available_tokens
        return {
            "type": "budget",
            "seq": self.seq,
            **msgspec.structs.asdict(self.head),
            "lane": self.lane,
            "last_at": self.last_at,
            "sample_count": self.sample_count,
            "compact_at_tokens": self.compact_at_tokens,
            # Left out if the row has none, as most have.
            **({"message_count": self.message_count} if status.reasons else {}),
            "budget": {
                "used_tokens": status.used_tokens,
                "available_tokens": available,
                "used_ratio": round(status.used_ratio, 6),
                "used_percent": percent_text(status.used_tokens, available),
                "level": status.level,
                "reasons": list(status.reasons),
                "policy": status.policy,
            },
        }


class EventFired(msgspec.Struct, frozen=True, tag=True):
    """A session's main lane crossed a threshold. `seq` is its number within the
    project; each is delivered once, in the order of `seq`.
    """

    project_id: int
    head: SessionHead
    seq: int
    id: int
    from_level: str
    to_level: str
    used_tokens: int
    available_tokens: int
    at: datetime

    @classmethod
    def of(cls, head: SessionHead, event: ThresholdEvent) -> EventFired:
        return cls(head=head, **_copied(cls, event, "head"))

    def message(self) -> dict[str, Any]:
        return _flat("event", self)


class CompressionRecorded(msgspec.Struct, frozen=True, tag=True):
    """A compression was recorded, planned ones (`is_advice`) included. `seq` as for
    EventFired: both take their numbers from one row of the project.
    """

    project_id: int
    head: SessionHead
    seq: int
    id: int
    lane: str
    performed_by: str
    trigger: str
    told_by: str
    strategy: str
    is_advice: bool
    before_tokens: int
    after_tokens: int
    saved_tokens: int
    saved_ratio: float
    target_tokens: int | None
    is_target_met: bool | None
    before_message_count: int | None
    after_message_count: int | None
    score: float | None
    facts_lost: int | None
    review: str
    summary: str
    at: datetime

    @classmethod
    def of(
        cls, head: SessionHead, compression: Compression, summary: str
    ) -> CompressionRecorded:
        """`summary` is empty where the project keeps no text."""
        return cls(
            head=head,
            saved_ratio=round(compression.saved_ratio, 6),
            summary=summary[:SUMMARY_CHARACTERS],
            **_copied(cls, compression, "head", "saved_ratio", "summary"),
        )

    def message(self) -> dict[str, Any]:
        return _flat("compression", self)


def _copied(of: type[msgspec.Struct], row: object, *own: str) -> dict[str, Any]:
    """The fields that have `row`'s name and value; `own` ones are told otherwise."""
    names = (name for name in of.__struct_fields__ if name not in own)
    return {name: getattr(row, name) for name in names}


Numbered = EventFired | CompressionRecorded  # those with a seq of their own
News = GaugeMoved | Numbered
_decoder = msgspec.msgpack.Decoder(list[News])


def pack(news: Iterable[News]) -> bytes:
    """As bytes: channel layers copy and pack dicts piece by piece."""
    return msgspec.msgpack.encode(list(news))


def unpack(packed: bytes) -> list[News]:
    """What `pack` packed, in whichever process. msgspec.DecodeError for anything else,
    such as the news of another version of this server.
    """
    return _decoder.decode(packed)


def encode(message: dict[str, Any]) -> str:
    """A message as the text of a frame."""
    return msgspec.json.encode(message).decode()


def _flat(kind: str, news: Numbered) -> dict[str, Any]:
    """All fields of the news in one object, those of its head among them."""
    fields = msgspec.structs.asdict(news)
    del fields["project_id"]
    head = msgspec.structs.asdict(fields.pop("head"))
    return {"type": kind, **head, **fields}
