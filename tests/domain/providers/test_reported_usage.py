"""Usage as each provider reports it, read as one."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.providers.reported_usage import ReportedUsage, normalise_usage

CLAUDE = {
    "input_tokens": 5190,
    "cache_read_input_tokens": 20436,
    "cache_creation_input_tokens": 46714,
    "output_tokens": 29,
}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (CLAUDE, (72340, 29, 20436, 46714, "anthropic")),
        ({"input_tokens": 7}, (7, None, 0, 0, "anthropic")),
        (
            {"input_tokens": 7, "output_tokens": 2, "cache_read_input_tokens": None},
            (7, 2, 0, 0, "anthropic"),
        ),
        (
            {"input_tokens": None, "cache_read_input_tokens": 9},
            (9, None, 9, 0, "anthropic"),
        ),
        (
            {
                "input_tokens": 1,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 20,
                    "ephemeral_1h_input_tokens": 300,
                },
            },
            (321, None, 0, 320, "anthropic"),
        ),
        (
            {
                "prompt_tokens": 1131,
                "completion_tokens": 37,
                "total_tokens": 1168,
                "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
            },
            (1131, 37, 1024, 0, "openai_chat"),
        ),
        (
            {"prompt_tokens": 50, "prompt_tokens_details": None},
            (50, None, 0, 0, "openai_chat"),
        ),
        (
            {
                "prompt_tokens": 900,
                "completion_tokens": 1,
                "cache_read_input_tokens": 500,
                "cache_creation_input_tokens": 100,
            },
            (900, 1, 500, 100, "openai_chat"),
        ),
        (
            {"prompt_tokens": 60, "input_tokens": 0, "output_tokens": 0},
            (60, None, 0, 0, "openai_chat"),
        ),
        (
            {"prompt_tokens": 0, "input_tokens": 60, "output_tokens": 4},
            (60, 4, 0, 0, "anthropic"),
        ),
        (
            {
                "input_tokens": 800,
                "input_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 9},
                "output_tokens": 10,
                "total_tokens": 810,
            },
            (800, 10, 300, 9, "openai_responses"),
        ),
        (
            {"input_tokens": 8, "output_tokens": 1, "total_tokens": 9},
            (8, 1, 0, 0, "openai_responses"),
        ),
        (
            {
                "input_tokens": 66378,
                "cached_input_tokens": 57378,
                "cache_write_input_tokens": 0,
                "output_tokens": 41,
                "total_tokens": 66419,
            },
            (66378, 41, 57378, 0, "codex"),
        ),
        (
            {
                "input_tokens": 100,
                "output_tokens": 5,
                "total_tokens": 105,
                "input_token_details": {"cache_read": 40, "cache_creation": 30},
            },
            (100, 5, 40, 30, "langchain"),
        ),
        (
            {
                "promptTokenCount": 70,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 6,
                "cachedContentTokenCount": 50,
            },
            (70, 11, 50, 0, "gemini"),
        ),
        (
            {"inputTokens": 3, "outputTokens": 4, "cacheReadInputTokens": 50},
            (53, 4, 50, 0, "bedrock"),
        ),
    ],
)
def test_every_known_shape_gives_input_with_cache(
    usage: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    answer = normalise_usage(usage)

    assert answer == ReportedUsage(*expected)
    assert answer.used_tokens == expected[0]


def test_unknown_fields_are_ignored() -> None:
    extra = {**CLAUDE, "service_tier": "standard", "server_tool_use": {"web": -1}}

    assert normalise_usage(extra) == normalise_usage(CLAUDE)


def step(kind: str, tokens: int) -> dict[str, Any]:
    return {
        "type": kind,
        "input_tokens": tokens,
        "cache_read_input_tokens": 10,
        "cache_creation_input_tokens": 1,
        "output_tokens": 2,
    }


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["message", "message"], 2011),
        (["message", "compaction"], 1011),
        (["compaction", "message"], 2011),
        (["message", "advisor_message"], 1011),
        (["message", "fallback_message"], 2011),
        (["compaction"], 72340),
        ([], 72340),
    ],
)
def test_the_window_is_the_last_message_iteration(
    kinds: list[str], expected: int
) -> None:
    steps = [step(kind, 1000 * n) for n, kind in enumerate(kinds, start=1)]

    answer = normalise_usage({**CLAUDE, "iterations": steps})

    assert (answer.used_tokens, answer.output_tokens) == (expected, 29)


def test_the_largest_count_is_accepted() -> None:
    assert normalise_usage({"input_tokens": 10**12}).used_tokens == 10**12
