"""Answers are remembered, and no more than was allowed."""

from __future__ import annotations

from tracker.domain.conversation.text.remembering import Remembered


def test_the_same_is_asked_once_and_too_much_is_forgotten():
    asked = []

    def upper(text):
        asked.append(text)
        return text.upper()

    remembered = Remembered(upper, len, 10)

    assert [remembered(text) for text in ("abc", "abc", "defg")] == [
        "ABC",
        "ABC",
        "DEFG",
    ]
    assert asked == ["abc", "defg"]
    remembered("hijk")  # eleven: all of before goes
    remembered("abc")
    remembered("hijk")
    assert asked == ["abc", "defg", "hijk", "abc"]


def test_what_is_too_large_is_answered_all_the_same():
    remembered = Remembered(len, len, 3)

    assert remembered("abcdef") == 6
    assert remembered("abcdef") == 6
