"""Usage as each provider reports it, read as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.providers.reported_usage import (
    ReportedUsage,
    normalise_usage,
    whole_input,
)

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
            (321, None, 0, 320, "anthropic", 300),
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
            {
                "promptTokenCount": 600,
                "toolUsePromptTokenCount": 250,
                "candidatesTokenCount": 90,
                "thoughtsTokenCount": 10,
                "totalTokenCount": 950,
            },
            (850, 100, 0, 0, "gemini"),
        ),
        (
            {
                "prompt_token_count": 600,
                "tool_use_prompt_token_count": None,
                "candidates_token_count": 90,
                "cached_content_token_count": 512,
                "total_token_count": 690,
            },
            (600, 90, 512, 0, "gemini"),
        ),
        (
            {"inputTokens": 3, "outputTokens": 4, "cacheReadInputTokens": 50},
            (53, 4, 50, 0, "bedrock"),
        ),
        (
            {
                "inputTokens": 3000,
                "outputTokens": 40,
                "totalTokens": 3040,
                "cachedInputTokens": 2048,
                "reasoningTokens": 30,
            },
            (3000, 40, 2048, 0, "ai_sdk"),
        ),
        (
            {
                "inputTokens": 3000,
                "outputTokens": 40,
                "inputTokenDetails": {"cacheReadTokens": 100, "cacheWriteTokens": 70},
            },
            (3000, 40, 100, 70, "ai_sdk"),
        ),
        (
            {
                "inputTokens": {"total": 900, "cacheRead": 500, "cacheWrite": 20},
                "outputTokens": {"total": 15, "reasoning": 3},
            },
            (900, 15, 500, 20, "ai_sdk"),
        ),
        (
            {"promptTokens": 80, "completionTokens": 5, "totalTokens": 85},
            (80, 5, 0, 0, "ai_sdk"),
        ),
        (
            {
                "input_tokens": 700,
                "cache_read_tokens": 600,
                "cache_write_tokens": 50,
                "output_tokens": 9,
                "details": {"reasoning_tokens": 4},
            },
            (700, 9, 600, 50, "pydantic_ai"),
        ),
        (
            {
                "input_tokens": 400,
                "output_tokens": 9,
                "total_tokens": 409,
                "input_token_details": {
                    "cache_read": 100,
                    "cache_creation": 0,
                    "ephemeral_5m_input_tokens": 30,
                    "ephemeral_1h_input_tokens": 5,
                },
            },
            (400, 9, 100, 35, "langchain", 5),
        ),
        (
            {"prompt_tokens": 7000, "completion_tokens": 3, "cached_tokens": 6000},
            (7000, 3, 6000, 0, "openai_chat"),
        ),
        (
            {
                "prompt_tokens": 3100,
                "completion_tokens": 20,
                "total_tokens": 3120,
                "prompt_tokens_details": {"cached_tokens": 0},
                "cache_read_input_tokens": 3000,
            },
            (3100, 20, 3000, 0, "openai_chat"),
        ),
        (
            {"prompt_eval_count": 26, "eval_count": 298},
            (26, 298, 0, 0, "ollama"),
        ),
        (
            {
                "billed_units": {"input_tokens": 650, "output_tokens": 8},
                "tokens": {"input_tokens": 700, "output_tokens": 8},
            },
            (700, 8, 0, 0, "cohere"),
        ),
    ],
)
def test_every_known_shape_gives_input_with_cache(
    usage: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    answer = normalise_usage(usage)

    assert answer == ReportedUsage(*expected)
    assert answer.used_tokens == expected[0]


@pytest.mark.parametrize("unknown", [{}, {"a_new_field": 1}])
def test_writes_for_an_hour_are_told_by_the_short_way_and_the_long_one(
    unknown: dict[str, Any],
) -> None:
    usage = {
        "input_tokens": 2,
        "cache_creation_input_tokens": 900,
        "cache_read_input_tokens": 100,
        "cache_creation": {
            "ephemeral_5m_input_tokens": 500,
            "ephemeral_1h_input_tokens": 400,
        },
        "output_tokens": 1,
    }

    answer = normalise_usage(usage | unknown)

    assert answer == ReportedUsage(1_002, 1, 100, 900, "anthropic", 400)


def test_unknown_fields_are_ignored() -> None:
    extra = {**CLAUDE, "service_tier": "standard", "server_tool_use": {"web": -1}}

    assert normalise_usage(extra) == normalise_usage(CLAUDE)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # The total holds the cache once more: it stands beside the input.
        (
            {
                "prompt_tokens": 15,
                "completion_tokens": 20,
                "total_tokens": 3035,
                "cache_read_input_tokens": 3000,
            },
            3015,
        ),
        # No total, but what is larger cannot be inside.
        ({"prompt_tokens": 15, "prompt_tokens_details": {"cached_tokens": 90}}, 105),
        # aisuite 0.2.0 says so of Claude (findings/): the total leaves the cache out.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 3,
                "total_tokens": 13,
                "prompt_tokens_details": {"cached_tokens": 100},
            },
            110,
        ),
        # MLflow's Anthropic: the total is input and output, so the cache is inside.
        (
            {
                "input_tokens": 900,
                "output_tokens": 10,
                "total_tokens": 910,
                "cache_read_input_tokens": 600,
                "cache_creation_input_tokens": 50,
            },
            900,
        ),
        # The same without a total: Anthropic's own words.
        (
            {
                "input_tokens": 900,
                "output_tokens": 10,
                "cache_read_input_tokens": 600,
                "cache_creation_input_tokens": 50,
            },
            1550,
        ),
        # Bedrock's own total counts the cache beside the input.
        (
            {
                "inputTokens": 300,
                "outputTokens": 10,
                "totalTokens": 410,
                "cacheReadInputTokens": 100,
            },
            400,
        ),
        # A total that fits neither proves nothing.
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60},
            },
            100,
        ),
    ],
)
def test_the_total_proves_whether_the_cache_is_inside(
    usage: dict[str, Any], expected: int
) -> None:
    assert normalise_usage(usage).used_tokens == expected


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.sampled_from(["inside", "beside", None]),
    st.booleans(),
)
def test_a_whole_input_holds_its_cache(
    given_tokens: int, cached: int, output: int, proof: str | None, usual: bool
) -> None:
    if proof == "inside" and cached > given_tokens:
        cached = given_tokens
    total = {
        "inside": given_tokens + output,
        "beside": given_tokens + cached + output,
        None: None,
    }[proof]

    whole = whole_input(
        given_tokens, cached=cached, output=output, total=total, includes_cache=usual
    )

    assert whole in (given_tokens, given_tokens + cached)
    assert whole >= cached
    if proof == "inside":
        assert whole == given_tokens
    if proof == "beside":
        assert whole == given_tokens + cached
