"""What no text can stand for is named in every summary, whoever writes it."""

from __future__ import annotations

from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.compression.summary.named_lines import (
    names_in,
    summarise_with_names,
)
from tracker.domain.compression.summary.summarising import (
    Source,
    Summary,
    SummaryRequest,
)
from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens
from tracker.domain.counting.counters import estimate_tokens

REPORT = "[document report.pdf, file_011, application/pdf, 34 KB]"


def asked(budget: int, *named: tuple[str, ...]) -> SummaryRequest:
    words = "The gate of the northern lock opens at half past six."
    sources = tuple(
        Source(at, at + 1, "user", (f"{words} {at}",), False, "", names)
        for at, names in enumerate(named)
    )
    return SummaryRequest(sources, budget, estimate_tokens)


def test_a_name_stands_behind_the_line_of_its_message() -> None:
    summary = summarise_with_names(extractive_summary, asked(100, (REPORT,), ()))

    assert REPORT in summary.lines[0].text
    assert lines_tokens(summary.lines, estimate_tokens) <= 100


def test_a_message_without_a_line_gets_one_for_its_name() -> None:
    def one_line(request: SummaryRequest) -> Summary:
        return Summary((SummaryLine(2, "user", "Something else.", (1,), "fact"),))

    summary = summarise_with_names(one_line, asked(100, (REPORT,), (), ()))

    assert [str(line) for line in summary.lines] == [
        f"[1U] {REPORT}",
        "[2U] Something else.",
    ]


def test_names_take_half_of_the_budget_and_the_rest_are_counted() -> None:
    many = [(f"[image https://pictures.test/{at}.png]",) for at in range(40)]
    summary = summarise_with_names(extractive_summary, asked(200, *many))
    text = "\n".join(line.text for line in summary.lines)

    assert lines_tokens(summary.lines, estimate_tokens) <= 200
    assert "pictures.test/39.png" in text and "pictures.test/0.png" not in text
    assert "more files and images are not named]" in text


def test_names_of_an_earlier_summary_are_found_again() -> None:
    assert names_in(f"See {REPORT} and [1] and [image x]") == (REPORT, "[image x]")
