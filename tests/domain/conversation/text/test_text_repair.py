"""Strings that are no UTF-8, alone and inside data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation.text.text_repair import repair_data, repair_text


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        ("plain", "plain"),
        ("é🎉データ", "é🎉データ"),
        ("\ud83d", "�"),
        ("a\udc00b", "a�b"),
        ("\ud83c\udf89", "🎉"),
        ("\udf89\ud83c", "��"),
    ],
)
def test_lone_surrogates_are_replaced_and_pairs_joined(broken, repaired):
    assert repair_text(broken) == repaired


@given(st.text(st.characters()))
def test_the_result_is_always_utf8(text):
    repair_text(text).encode("utf-8")


def test_data_without_broken_text_is_the_same_object():
    data = {"a": ["é", {"b": 1.5, "c": None}], "d": True}

    assert repair_data(data) is data


def test_only_the_broken_parts_are_copied():
    whole = {"x": "y"}
    data = {"k\ud83d": [whole, "\ud83d"], "n": 3}

    repaired = repair_data(data)

    assert repaired == {"k�": [whole, "�"], "n": 3}
    assert repaired["k�"][0] is whole
    assert data["k\ud83d"][1] == "\ud83d"
