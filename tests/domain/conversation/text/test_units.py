"""Cutting text into the lines of a summary."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation.text.units import (
    UNIT_CHARACTERS,
    clauses,
    safe_cut,
    split_units,
)


def test_short_lines_stay_whole_and_long_ones_become_sentences():
    long = "The first sentence is rather long and says this. " * 3

    assert split_units(f"one. Two.\n\n  three \n{long}") == [
        "one. Two.",
        "three",
        *["The first sentence is rather long and says this."] * 3,
    ]


@pytest.mark.parametrize("text", ["", "  \n ", "\n\n"])
def test_nothing_to_say_has_no_units(text):
    assert split_units(text) == []


def test_json_becomes_records_under_their_path():
    data = {"id": "W1", "items": [{"sku": "a", "n": 2}, 7, 8], "to": {"zip": "10115"}}

    assert split_units(json.dumps(data)) == [
        "id: W1",
        "items: 7, 8",
        "items[0] sku: a, n: 2",
        "to zip: 10115",
    ]


def test_top_level_lists_and_nested_lists_are_flattened_too():
    assert split_units('[["a", "b"], {"c": 1}]') == ["[0]: a, b", "[1] c: 1"]


@pytest.mark.parametrize("text", ["{not json}", "[" * 5_000, "[1, 2"])
def test_what_only_looks_like_json_is_text(text):
    assert "".join(split_units(text)).replace(" ", "") == text.replace(" ", "")


def test_an_empty_object_is_kept_as_it_stands():
    assert split_units("{}") == ["{}"]


def test_escaped_halves_of_emoji_are_repaired():
    assert split_units('{"a": "\\ud83d!"}') == ["a: �!"]


def test_text_without_spaces_is_cut_at_the_limit():
    units = split_units("x" * 2_000)

    assert "".join(units) == "x" * 2_000
    assert max(map(len, units)) <= 2 * UNIT_CHARACTERS


def test_a_whole_run_of_joined_characters_ends_somewhere():
    units = split_units("👩" + "\u200d" * 3_000)

    assert "".join(units) == "👩" + "\u200d" * 3_000


def test_cjk_sentences_are_cut_at_their_marks():
    text = "これは最初の文です。" * 20

    assert set(split_units(text)) == {"これは最初の文です。"}


@given(st.text())
def test_no_word_is_lost_or_invented(text):
    if text.strip()[:1] in ("[", "{"):
        text = "x" + text

    assert "".join("".join(split_units(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "at", "cut"),
    [
        ("abc", 2, 2),
        ("abc", 0, 0),
        ("abc", 3, 3),
        ("e\u0301x", 1, 0),
        ("a👩‍👧b", 2, 1),
        ("a👩‍👧b", 3, 1),
        ("a👍🏽b", 2, 1),
        ("a🇩🇪b", 2, 1),
        ("❤️", 1, 0),
        ("データ", 1, 1),
        ("a\u20e3", 1, 0),
        ("a\u1ab0", 1, 0),
        ("🇩🇪🇩🇪", 3, 2),
        ("🇩🇪🇩🇪", 2, 2),
        ("a" + "\u0301" * 99, 70, 70),
        ("a" + "\u0301" * 99, 20, 0),
    ],
)
def test_a_cut_is_never_inside_what_is_drawn_as_one(text, at, cut):
    assert safe_cut(text, at) == cut


def test_clauses_end_behind_commas_and_keep_every_mark():
    record = "id: 7, city: Bonn, zip: 53111"

    assert clauses(record, 20) == ["id: 7, city: Bonn,", "zip: 53111"]
    assert clauses(record, 40) == [record]
    assert clauses("no comma in all of this", 5) == ["no comma in all of this"]
    assert clauses("", 5) == [""]
