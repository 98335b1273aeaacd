"""Facts of a model share a summary with extracts."""

from __future__ import annotations

from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.compression.summary.facts import with_extracts
from tracker.domain.compression.summary.summarising import Source, SummaryRequest
from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens
from tracker.domain.counting.counters import estimate_tokens

SOURCES = tuple(
    Source(n, n + 1, "user", (f"Gate{n} of the harbour opens with code{n}.", "So on."))
    for n in range(40)
)


def fact(n: int, text: str) -> SummaryLine:
    return SummaryLine(n + 1, "user", text, (n,), "fact")


def told(facts: list[SummaryLine], budget: int) -> tuple[SummaryLine, ...]:
    return with_extracts(SummaryRequest(SOURCES, budget, estimate_tokens), facts)


def literals(lines: tuple[SummaryLine, ...]) -> set[str]:
    text = " ".join(line.text.lower() for line in lines).replace(".", "").split()
    return {word for word in text if word.startswith(("gate", "code"))}


def test_short_facts_make_room_for_more_than_extracts_alone() -> None:
    free = extractive_summary(SummaryRequest(SOURCES, 150, estimate_tokens)).lines

    lines = told([fact(n, f"gate{n} code{n}") for n in range(40)], 150)

    assert len(literals(lines)) > len(literals(free))
    assert lines_tokens(lines, estimate_tokens) <= 150


def test_what_a_fact_says_is_not_said_again() -> None:
    lines = told([fact(7, "gate7 code7")], 200)

    assert sum(literals((line,)) >= {"gate7", "code7"} for line in lines) == 1


def test_wordy_facts_never_take_the_room_of_better_extracts() -> None:
    free = extractive_summary(SummaryRequest(SOURCES, 150, estimate_tokens)).lines

    lines = told(
        [fact(n, "they talked about the harbour " * 4) for n in range(40)], 150
    )

    assert lines == free


def test_the_order_is_that_of_the_conversation() -> None:
    numbers = [line.number for line in told([fact(30, "gate30 code30")], 150)]

    assert numbers == sorted(numbers)
