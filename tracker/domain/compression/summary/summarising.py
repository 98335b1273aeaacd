"""The contract between a compression and whatever writes its summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens
from tracker.domain.counting.measure import Count


@dataclass(frozen=True, slots=True)
class Source:
    """One removed message, or one line of an earlier summary, as plain units.

    `index` is its place in the list, `number` its number in the conversation. `text` is
    its whole text, unchanged; "" if only the units are known. `named` describes what
    text cannot carry: `[document report.pdf, application/pdf]`.
    """

    index: int
    number: int
    role: str
    units: tuple[str, ...]
    is_earlier: bool = False
    text: str = ""
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """What is to be summarised in at most `budget_tokens`, as `count` counts.

    `recent` is the text of the messages kept behind it, `before` of those in front.
    """

    sources: tuple[Source, ...]
    budget_tokens: int
    count: Count
    recent: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Lines, who wrote them, and a note when that was not who should have."""

    lines: tuple[SummaryLine, ...]
    summariser: str = "extractive"
    note: str = ""


Summarise = Callable[[SummaryRequest], Summary]


class SummaryRefused(ValueError):
    """The summary must not replace anything; the message says why."""


def check_summary(summary: Summary, request: SummaryRequest) -> None:
    """Raises SummaryRefused for an empty, too large or unfounded summary."""
    if not summary.lines or not any(line.text.strip() for line in summary.lines):
        raise SummaryRefused("the summary is empty")
    tokens = lines_tokens(summary.lines, request.count)
    if tokens > request.budget_tokens:
        raise SummaryRefused(
            f"the summary takes {tokens:,} tokens; {request.budget_tokens:,} allowed"
        )
    known = {source.index for source in request.sources}
    for line in summary.lines:
        if not line.sources or not known.issuperset(line.sources):
            raise SummaryRefused(f"line {line.label} names an unknown message")


def summarise_safely(
    summarise: Summarise | None, fallback: Summarise, request: SummaryRequest
) -> Summary:
    """The chosen summary if it stands up to its sources, else the local one."""
    if summarise is None:
        return fallback(request)
    try:
        summary = summarise(request)
        check_summary(summary, request)
    except Exception as error:  # noqa: BLE001 - others' code, which can raise anything
        local = fallback(request)
        reason = str(error) or type(error).__name__
        note = f"fell back to the local summary: {reason}"
        return Summary(local.lines, local.summariser, note)
    return summary
