"""A rule that messages break, and the rule that all providers share: calls and results
in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Flaw:
    """`code` names the rule, `text` says where it is broken."""

    code: str
    text: str


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none if it is not a list."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


class OpenCalls:
    """Checks calls whose results must follow at once, as messages of their own
    (OpenAI's Chat, LangChain). Each method yields the flaws of message `at`.
    """

    def __init__(self) -> None:
        self._waiting: set[str] = set()

    def result(self, at: int, call: str) -> Iterator[Flaw]:
        if call not in self._waiting:
            yield Flaw("orphaned_result", f"message {at} answers {call!r}, uncalled")
        self._waiting.discard(call)

    def speaks(self, at: int, calls: Iterable[Mapping[str, Any]]) -> Iterator[Flaw]:
        """Somebody other than a tool speaks, and makes these calls."""
        for call in sorted(self._waiting):
            yield Flaw(
                "orphaned_call", f"message {at} comes before {call!r} is answered"
            )
        self._waiting = {str(call.get("id")) for call in calls}

    def end(self) -> Iterator[Flaw]:
        if self._waiting:
            yield Flaw("open_call", "the last calls are not answered")


def unmatched(
    at: int, waiting: Iterable[str], answered: Iterable[str]
) -> Iterator[Flaw]:
    """Both directions of a pair at message `at`: calls `waiting` for it, and what it
    answers.
    """
    open_ids, given = set(waiting), set(answered)
    for call in sorted(given - open_ids):
        yield Flaw(
            "orphaned_result", f"message {at} answers {call!r}, which nothing called"
        )
    for call in sorted(open_ids - given):
        yield Flaw(
            "orphaned_call", f"message {at} leaves the call {call!r} without answer"
        )
