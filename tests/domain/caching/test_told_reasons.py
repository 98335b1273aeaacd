"""Why a cache was missed, as providers and the gateway say it."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.caching.told_reasons import reason_words, told_reason


@pytest.mark.parametrize(
    "anthropic, openai, stored",
    [
        ({"cache_miss_reason": {"type": "tools_changed"}}, None, "told tools_changed"),
        (
            None,
            {"type": "cache_miss", "reason": "input_changed", "cache_missed_tokens": 9},
            "told input_changed",
        ),
        ({"cache_miss_reason": None}, None, None),
        ({"cache_miss_reason": {"type": "unavailable"}}, None, None),
        (None, {"type": "cache_hit"}, None),
        (None, {"type": "cache_miss", "reason": ["x"]}, None),
        ("x", 3, None),
    ],
)
def test_a_reason_is_read_of_the_answer(
    anthropic: Any, openai: Any, stored: str | None
) -> None:
    assert told_reason(anthropic, openai) == stored


@pytest.mark.parametrize(
    "stored, words",
    [
        ("told tools_changed", "the provider says: the tool definitions changed"),
        ("seen cut", "a compression by Token Budget replaced the beginning"),
        (
            "seen message 6 of 40",
            "message 6 of 40 is another than in the request before",
        ),
        ("told something_new", None),
        ("seen message x of 40", None),
        ("", None),
        (None, None),
    ],
)
def test_a_stored_reason_is_words(stored: str | None, words: str | None) -> None:
    assert reason_words(stored) == words
