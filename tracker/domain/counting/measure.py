"""How a context is counted: its text by one counter, the rest as its model has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracker.domain.counting.content_tokens import message_tokens
from tracker.domain.counting.counters import (
    CountedBy,
    count_conversation,
    estimate_tokens,
    token_counter,
)
from tracker.domain.counting.families import family_of
from tracker.domain.counting.overheads import Overheads
from tracker.domain.reports import Parts

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class NamedCount:
    """A counter by name, which may be sent to another process; call it with a text.

    `method` and `model` are those of `counting.token_counter`; `reason` says why the
    plain estimate stands in for another method.
    """

    method: str
    model: str = ""
    reason: str | None = None

    @property
    def source(self) -> str:
        return token_counter(self.method, self.model).source

    @property
    def counted_by(self) -> CountedBy:
        found = CountedBy.of(token_counter(self.method, self.model))
        return replace(found, reason=self.reason) if self.reason else found

    def __call__(self, text: str) -> int:
        return token_counter(self.method, self.model).count(text)


@dataclass(frozen=True, slots=True)
class Measure:
    """Counts texts, messages and contexts with the same numbers as
    `count_conversation`.

    It is a TokenCounter itself; `model` only decides the overheads around the text.
    """

    count: Count = estimate_tokens
    model: str = ""

    @property
    def name(self) -> str:
        return self.source

    @property
    def reason(self) -> str | None:
        return None

    @property
    def overheads(self) -> Overheads:
        return family_of(self.model).overheads

    @property
    def source(self) -> str:
        """ "estimated" or "counted", as far as the counter says."""
        if self.count is estimate_tokens:
            return "estimated"
        teller = getattr(self.count, "__self__", self.count)
        return str(getattr(teller, "source", "counted"))

    def message(self, raw: Any) -> int:
        """One message with its frame; media by size."""
        return message_tokens(raw, self.count, self.overheads)

    def context(
        self,
        messages: Sequence[Any],
        *,
        system: Any = None,
        user_context: Any = None,
        tools: Any = None,
    ) -> Parts:
        """A whole request by part. System messages in the list belong to `system`."""
        return count_conversation(
            messages,
            system=system,
            user_context=user_context,
            tools=tools,
            model=self.model,
            counter=self,
        )
