"""Nothing hidden stays hidden, nothing honest is touched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation.text.visible_text import (
    no_formula,
    visible,
    visible_lines,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain-key/1", "plain-key/1"),
        ("invoice\u202efdp.exe", "invoice‹U+202E›fdp.exe"),
        ("pay\u200bpal", "pay‹U+200B›pal"),
        ("pay\u200dpal", "pay‹U+200D›pal"),
        ("a\u2066b\u2069", "a‹U+2066›b‹U+2069›"),
        ("\x1b[31mred", "‹U+001B›[31mred"),
        ("nul\0", "nul‹U+0000›"),
        ("a\ufeff\u200b\u2060b", "a‹U+FEFF +2›b"),
        ("tag\U000e0041\U000e0042", "tag‹U+E0041 +1›"),
        ("hangul\u3164", "hangul‹U+3164›"),
    ],
)
def test_hidden_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا بالعالم",
        "می\u200cخواهم",  # Persian needs the non-joiner
        "שלום\u200f!",
        "👨\u200d👩\u200d👧 family",
        "❤\ufe0f",
        "e\u0301tude, naïve, 文字",
        "<script>alert(1)</script>",
    ],
)
def test_honest_text_is_not_touched(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_no_override_and_no_control_is_left(text: str) -> None:
    left = visible(text)

    assert not any(unicodedata.category(c) == "Cc" for c in left)
    assert not set(left) & set("\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2069\ufeff")
    assert visible(left) == left


def test_the_lines_of_what_a_person_wrote_stay_lines() -> None:
    assert visible_lines("look:\r\nit \u202eis\ngone") == "look:\nit ‹U+202E›is\ngone"


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠")
def test_a_cell_never_begins_a_formula(sign: str) -> None:
    assert no_formula(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "chat-42", "1 = 1", "'=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert no_formula(text) == text
