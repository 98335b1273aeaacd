"""What of a turn's lines is kept."""

from __future__ import annotations

from tracker.domain.composition.keeping import (
    added_lines,
    added_redacted,
    added_without_names,
)

ADDED = "40\ttool_results\tRead a.py\n2\ttool_results\tls\n9\t\tand 3 more"


def test_lines_are_read() -> None:
    assert added_lines(ADDED)[0] == (40, "tool_results", "Read a.py")
    assert added_lines("") == []


def test_without_names_kinds_are_left() -> None:
    assert added_without_names(ADDED) == "42\ttool_results\t\n9\t\t"


def test_a_redacted_label_stays_one_line() -> None:
    assert added_redacted("40\tuser_text\ta", lambda _: "b\tc\nd") == (
        "40\tuser_text\tb c d"
    )
