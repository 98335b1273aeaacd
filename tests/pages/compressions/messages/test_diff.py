"""What changed in a shortened message, and lost facts marked in a text."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tracker.pages.compressions.messages.diff import changes, cut_at, marked


def read(spans, *marks):
    return "".join(span.text for span in spans if span.mark in marks)


def test_words_that_went_and_came_are_told_apart():
    spans = changes("the full file, 688 lines", "the 9 tests, 688 lines")

    assert [(s.text, s.mark) for s in spans] == [
        ("the ", ""),
        ("full", "del"),
        ("9", "ins"),
        (" ", ""),
        ("file", "del"),
        ("tests", "ins"),
        (", 688 lines", ""),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_short_texts_lose_nothing(old, new):
    spans = changes(old, new)

    assert read(spans, "", "ins") == new
    assert read(spans, "", "del") == old


def test_long_unchanged_and_removed_stretches_are_counted():
    same, gone = "same " * 400, "gone " * 400

    spans = changes(f"{same}begin {gone}end {same}", f"{same}begin end {same}")

    gaps = [span.text for span in spans if span.mark == "gap"]
    assert gaps[0].endswith("unchanged") and gaps[1].endswith("removed")
    assert sum(len(span.text) for span in spans) < 2_000


def test_many_words_are_compared_by_line():
    old = "\n".join(f"line {n} of the output" for n in range(900))
    new = old.replace("line 450 of the output\n", "")

    spans = changes(old, new)

    assert read(spans, "del") == "line 450 of the output\n" or "450" in read(
        spans, "del"
    )


def test_what_cannot_be_compared_in_time_says_so():
    old = "\n".join(f"a{n}" for n in range(5_000))
    new = "\n".join(f"b{n}" for n in range(5_000))
    started = time.monotonic()

    spans = changes(old, new)

    assert "too many changes" in spans[0].text
    assert "too long" in changes("x" * 500_000, "y")[0].text
    assert time.monotonic() - started < 20


def test_lost_facts_are_marked_also_behind_the_cut():
    text = "start " * 100 + "port 8041 " + "rest " * 400

    spans = marked(text, ["start", "port 8041"], cut=200)

    assert [s.text for s in spans if s.mark == "lost"] == ["start", "port 8041"]
    assert [s.text for s in spans if s.mark == "gap"] == ["…", "…"]


def test_overlapping_facts_are_marked_once():
    spans = marked("see src/app.py", ["src/app.py", "app.py"], cut=14)

    assert [(s.text, s.mark) for s in spans] == [("see ", ""), ("src/app.py", "lost")]


def test_a_text_is_cut_at_a_line_where_it_has_many():
    lines = "\n".join("ab" for _ in range(300))

    assert cut_at(lines, most=600, lines=9) == 26
    assert cut_at("x" * 700, most=600, lines=9) == 700
    assert cut_at("x" * 5_000, most=600, lines=9) == 600
