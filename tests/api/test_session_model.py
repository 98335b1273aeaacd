"""A session's model: its limits, a hint where it is unknown, the price."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.optimizing.counted_chat import fetch, send


async def test_the_model_s_three_limits_are_told(api: Any) -> None:
    await send(api, model="openai/gpt-5-2025-08-07", tokens={"history": 5})

    session = await fetch(api)

    info = session["model_info"]
    assert info["name"] == "gpt-5"
    assert (info["window_tokens"], info["max_input_tokens"]) == (400_000, 272_000)
    assert info["max_output_tokens"] == 128_000
    assert session["budget"]["window_source"] == "catalogue"
    assert session["hint"] is None


@pytest.mark.parametrize(
    ("body", "source", "hint"),
    [
        ({"model": "house-llm"}, "default", True),
        ({"model": "house-llm", "window_tokens": 50_000}, "report", False),
        ({"model": None}, "default", False),
    ],
)
async def test_an_unknown_model_is_given_200_000_and_a_hint(
    api: Any, body: dict[str, Any], source: str, hint: bool
) -> None:
    await send(api, tokens={"history": 5}, **body)

    session = await fetch(api)

    assert session["budget"]["window_source"] == source
    assert session["model_info"] is None
    assert session["hint"] == (
        "unknown model: set its window in the admin" if hint else None
    )


async def test_reported_usage_has_its_price(api: Any) -> None:
    await send(api, usage={"input_tokens": 100_000, "output_tokens": 10_000})

    cost = (await fetch(api))["cost"]

    assert cost["amount"] == 0.45  # $3 and $15 a million
    assert (cost["currency"], cost["is_estimate"]) == ("USD", True)
    assert (cost["priced_requests"], cost["requests"]) == (1, 1)
    assert cost["as_of"] and cost["saved"] is None
