"""Usage that cannot be believed is refused by its path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError


@pytest.mark.parametrize(
    "bad",
    [
        -1,
        -0.5,
        "-7",
        "7 tokens",
        "",
        True,
        10**12 + 1,
        "1" + "0" * 13,
        [1],
        float("nan"),
        float("inf"),
    ],
)
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
        "inputTokens",
        "cachedInputTokens",
        "promptTokenCount",
        "input_token_details",
    ]
)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([1.5, "x", "12", -1.5])
)
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
