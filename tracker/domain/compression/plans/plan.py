"""What a compression would do, decided before anything is done: plan, then apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.compression.summary.summary_lines import SummaryLine
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.counting.content_tokens import as_data

KEPT, SUMMARISED, SHORTENED, DROPPED = "kept", "summarised", "shortened", "dropped"


@dataclass(frozen=True, slots=True)
class CompressionPlan:
    """What happens to each message, and what that saves.

    `fates` has one word for each given message. `tiers` are the means used, in order:
    duplicates, summary, squeeze, clip. The summary goes before message `summary_at` (or
    into it, if `summary_way` is next or previous; -1: there is none). `edits` maps the
    index of a shortened message to its new data. Tokens are of the whole context.
    """

    fates: tuple[str, ...]
    tiers: tuple[str, ...]
    lines: tuple[SummaryLine, ...]
    summary: str
    summary_at: int
    summary_way: str
    edits: tuple[tuple[int, Any], ...]
    before_tokens: int
    after_tokens: int
    target_tokens: int
    verdict: str
    summariser: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        return self.after_tokens <= self.target_tokens

    @property
    def freed_tokens(self) -> int:
        return self.before_tokens - self.after_tokens

    @property
    def changes_anything(self) -> bool:
        return any(fate != KEPT for fate in self.fates)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without the messages themselves."""
        return {
            "fates": list(self.fates),
            "tiers": list(self.tiers),
            "summary": self.summary,
            "lines": [
                {
                    "label": line.label,
                    "text": line.text,
                    "sources": list(line.sources),
                    "kind": line.kind,
                }
                for line in self.lines
            ],
            "before_tokens": self.before_tokens,
            "after_tokens": self.after_tokens,
            "target_tokens": self.target_tokens,
            "is_target_met": self.is_met,
            "verdict": self.verdict,
            "summariser": self.summariser,
            "notes": list(self.notes),
        }


def apply_plan(plan: CompressionPlan, messages: Sequence[Any]) -> list[Any]:
    """The messages to send; kept ones are the given objects, none is changed."""
    edits = dict(plan.edits)
    out: list[Any] = []
    for at, raw in enumerate(messages):
        if at == plan.summary_at and plan.summary_way == "own":
            out.append({"role": "user", "content": plan.summary})
        if plan.fates[at] in (SUMMARISED, DROPPED):
            continue
        data = edits.get(at, raw)
        if at == plan.summary_at and plan.summary_way in ("next", "previous"):
            data = _with_summary(data, plan.summary, first=plan.summary_way == "next")
        out.append(repair_data(data))
    if plan.summary_way == "own" and plan.summary_at == len(messages):
        out.append({"role": "user", "content": plan.summary})
    return out


def _with_summary(raw: Any, summary: str, *, first: bool) -> dict[str, Any]:
    """The message with the summary as a block of its own before or behind its own."""
    data = dict(as_data(raw))
    block = {"type": "text", "text": summary}
    content = data.get("content")
    own = content if isinstance(content, list) else [{"type": "text", "text": content}]
    data["content"] = [block, *own] if first else [*own, block]
    return data
