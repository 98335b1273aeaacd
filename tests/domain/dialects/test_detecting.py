"""The dialect is told by the first message that is not alike in several."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.dialects.detecting import DIALECTS, dialect_of

WORDS = {"role": "user", "content": "How high is the water?"}


@pytest.mark.parametrize(
    ("messages", "dialect"),
    [
        ([], None),
        ([WORDS], "openai_chat"),
        ([WORDS, {"role": "tool", "content": "40"}], "openai_chat"),
        (
            [WORDS, {"role": "user", "content": [{"type": "thinking"}]}],
            "anthropic",
        ),
        (
            [{"role": "user", "content": [{"type": "image", "source": {}}]}],
            "anthropic",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
            "openai_chat",
        ),
        ([WORDS, {"type": "function_call", "name": "tide"}], "openai_responses"),
        (
            [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}],
            "openai_responses",
        ),
        ([WORDS, {"role": "user", "parts": [{"text": "a"}]}], "gemini"),
        ([WORDS, {"role": "user", "content": [{"text": "a"}]}], "bedrock"),
        ([{"role": "user", "parts": [{"type": "text", "text": "a"}]}], "ai_sdk"),
        (
            [
                {
                    "role": "user",
                    "content": "a",
                    "parts": [{"type": "text", "text": "a"}],
                }
            ],
            "ai_sdk",
        ),
        ([{"type": "human", "content": "a"}], "langchain"),
    ],
)
def test_messages_are_of_one_dialect(
    messages: list[dict[str, Any]], dialect: str | None
) -> None:
    assert dialect_of(messages) == dialect
    assert dialect is None or dialect in DIALECTS
