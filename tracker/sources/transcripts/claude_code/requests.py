"""One request of Claude Code, as one line of its answer tells it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.sources.transcripts.claude_code.lines import Line, Message
from tracker.sources.transcripts.titles import title_of
from tracker.sources.transcripts.turns import Answer, valid_key


@dataclass(frozen=True, slots=True)
class Request:
    """One line of an answer, at byte `start`, and the usage in it."""

    start: int
    line: Line
    message: Message
    usage: ReportedUsage | None

    @property
    def used_tokens(self) -> int:
        return self.usage.used_tokens if self.usage and self.has_numbers else 0

    @property
    def has_numbers(self) -> bool:
        """Whether the line tells what was asked: zeros alone mark a copied answer.

        A fork of a compacted session repeats the answer its compaction kept, with
        zeros for all totals and the old steps in `iterations`.
        """
        usage, told = self.usage, self.message.usage
        if usage is None:
            return False
        if not isinstance(told, dict) or not told.get("iterations"):
            return bool(usage.used_tokens or usage.output_tokens)
        names = (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        )
        return any(told.get(name) for name in names)

    @property
    def name(self) -> str:
        return self.message.id or self.line.request_id or ""

    @property
    def event_id(self) -> str:
        """The request's id, else the message's: six calls may share one message id."""
        for name in (self.line.request_id, self.message.id, self.line.uuid):
            if valid_key(name):
                return str(name)
        return f"at-{self.start}"

    @property
    def model(self) -> str:
        return _model_name(self.message.model or "")


@lru_cache(maxsize=64)
def _model_name(told: str) -> str:
    return title_of(told, 200)


def is_same(answer: Answer, request: Request) -> bool:
    """Whether the line belongs to the answer begun before.

    By its message's id; but the same message id under two request ids is two calls.
    """
    if not request.name or answer.message_id != request.name:
        return False
    asked = request.line.request_id
    return not asked or not answer.request_id or answer.request_id == asked
