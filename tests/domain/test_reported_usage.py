from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.reported_usage import ReportedUsage, UsageError, normalise_usage

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


@pytest.mark.parametrize("bad", [-1, 1.0, "7", True, 10**12 + 1, [1], float("nan")])
@pytest.mark.parametrize(
    ("usage", "path"),
    [
        ({"input_tokens": "BAD"}, "input_tokens"),
        ({"input_tokens": 1, "output_tokens": "BAD"}, "output_tokens"),
        (
            {"input_tokens": 1, "cache_read_input_tokens": "BAD"},
            "cache_read_input_tokens",
        ),
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": "BAD"}},
            "prompt_tokens_details.cached_tokens",
        ),
    ],
)
def test_a_number_that_is_no_token_count_is_refused_by_its_path(
    usage: dict[str, Any], path: str, bad: object
) -> None:
    def fill(value: object) -> object:
        if isinstance(value, dict):
            return {name: fill(inner) for name, inner in value.items()}
        return bad if value == "BAD" else value

    with pytest.raises(UsageError) as caught:
        normalise_usage({name: fill(value) for name, value in usage.items()})

    assert caught.value.field == f"usage.{path}"
    assert caught.value.message.startswith("must be")


@pytest.mark.parametrize(
    ("usage", "field", "words"),
    [
        ([], "usage", "object"),
        ({}, "usage", "holds no input"),
        ({"input_tokens": None}, "usage", "holds no input"),
        ({"total_tokens": 140950, "tool_uses": 0}, "usage", "holds no input"),
        ({"total_token_usage": {}, "last_token_usage": {}}, "usage", "whole session"),
        (
            {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}},
            "usage.prompt_tokens",
            "cannot hold 11 cached",
        ),
        ({"prompt_tokens": 10, "total_tokens": 9}, "usage.total_tokens", "less than"),
        (
            {"prompt_tokens": 10, "prompt_tokens_details": 5},
            "usage.prompt_tokens_details",
            "must be an object",
        ),
        ({"input_tokens": 1, "iterations": {}}, "usage.iterations", "must be a list"),
        ({"input_tokens": 1, "iterations": [1]}, "usage.iterations[0]", "an object"),
        (
            {"input_tokens": 10**12, "cache_read_input_tokens": 1},
            "usage.input_tokens",
            "at most 10^12, with cache",
        ),
    ],
)
def test_a_usage_that_cannot_be_believed_says_where_and_why(
    usage: Any, field: str, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        normalise_usage(usage)

    assert caught.value.field == field
    assert words in caught.value.message


def test_the_largest_count_is_accepted() -> None:
    assert normalise_usage({"input_tokens": 10**12}).used_tokens == 10**12


NAMES = st.sampled_from(
    [
        "input_tokens",
        "prompt_tokens",
        "output_tokens",
        "total_tokens",
        "cache_read_input_tokens",
        "cache_creation",
        "input_tokens_details",
        "prompt_tokens_details",
        "iterations",
        "cached_tokens",
        "type",
    ]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.sampled_from([1.5, "x"])
ANYTHING = PLAIN | st.dictionaries(NAMES, PLAIN, max_size=4)
ANYTHING |= st.lists(ANYTHING, max_size=3)


@given(st.dictionaries(NAMES, ANYTHING, max_size=6))
def test_any_object_is_either_understood_or_refused_as_a_usage_error(
    usage: dict[str, Any],
) -> None:
    try:
        answer = normalise_usage(usage)
    except UsageError as error:
        assert error.field.startswith("usage")
    else:
        cached = max(answer.cache_read_tokens, answer.cache_creation_tokens)
        assert 0 <= cached <= answer.input_tokens <= 10**12
