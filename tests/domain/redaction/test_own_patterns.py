"""A project's own patterns: what they find, and which are refused with a sentence."""

from __future__ import annotations

import time

import pytest

from tracker.domain.redaction.own_patterns import (
    PatternError,
    compile_own,
    own_patterns,
    pattern_lines,
)


def test_patterns_stand_one_a_line_beside_notes() -> None:
    assert own_patterns("# tickets\n ACME-\\d+ \n\nfoo") == ("ACME-\\d+", "foo")
    assert pattern_lines("") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(", "pattern 1 is not a regular expression of RE2: missing"),
        ("ok\na*", "pattern 2 matches empty text"),
        ("x" * 301, "is longer than 300"),
        ("\n".join(f"x{i}" for i in range(21)), "at most 20"),
        (r"(?<=id )\d+", "looks behind"),
        (r"\d+(?! EUR)", "looks ahead"),
        (r"(\w)\1", r"refers back to a group with \\1"),
        (r"a++b", "possessive"),
        (r"(?>a)b", "atomic"),
        (r"(a{1000}){1000}", "is not a regular expression of RE2"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(text: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem):
        own_patterns(text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"Kunde \w+", "an Kunde Müller_3!", "Kunde Müller_3"),
        (r"[\w-]+\s\d", "Özil-x\u00a0٣", "Özil-x\u00a0٣"),
        (r"\W\D\S", "a b\u00e4c", " bä"),
        (r"a{,2}b", "xaab", "aab"),
        (r"[]\d]+", "a]1]b", "]1]"),
        (r"[^]\d]+b", "1ab", "ab"),
        (r"\[\d{2}\]", "[12]", "[12]"),
        (r"(?i)müller", "MÜLLER", "MÜLLER"),
        (r"\\w", r"a\w", r"\w"),
    ],
)
def test_a_pattern_means_what_python_means_by_it(
    pattern: str, text: str, found: str
) -> None:
    match = compile_own(pattern).search(text)

    assert match is not None and match.group() == found


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*a){20}"])
def test_patterns_that_take_others_for_ever_take_no_time(pattern: str) -> None:
    started = time.process_time()

    compile_own(pattern).search("a" * 100_000 + "!")

    assert time.process_time() - started < 3
