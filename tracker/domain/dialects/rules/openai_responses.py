"""OpenAI's rules for the input of the Responses API, after its guides on function
calling and reasoning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracker.domain.dialects.parts.blocks import mapping
from tracker.domain.dialects.responses import answer_id_of, answers_of, call_id_of
from tracker.domain.dialects.rules.flaws import Flaw


def flaws(items: Sequence[Any]) -> Iterator[Flaw]:
    """Each call has its output and each output its call before it; reasoning is
    followed by what it led to.
    """
    known = [mapping(item) for item in items]
    called: set[str] = set()
    all_answers = answers_of(known)
    answered = set(all_answers)
    for at, (item, answers) in enumerate(zip(known, all_answers, strict=True)):
        if answers is not None and answers not in called:
            yield Flaw("orphaned_result", f"item {at} answers {answers!r}, uncalled")
        if call := call_id_of(item):
            called.add(call)
            is_program = item.get("type") in ("program", "tool_search_call")
            if call not in answered and not is_program:
                yield Flaw("orphaned_call", f"item {at}, {call!r}, has no output")
        if item.get("type") == "reasoning" and not _leads_on(known[at + 1 :]):
            yield Flaw("reasoning", f"item {at} is reasoning without what it led to")


def _leads_on(rest: Sequence[Any]) -> bool:
    """Whether the first item that is no reasoning is the model's own."""
    for item in rest:
        if item.get("type") != "reasoning":
            is_answer = answer_id_of(item) is not None
            return not is_answer and item.get("role") in (None, "assistant")
    return False
