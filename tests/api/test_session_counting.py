"""GET /sessions/{session}: how its numbers were counted, and what it cost."""

from __future__ import annotations

from typing import Any

import pytest

MODEL = "claude-sonnet-4-5"
TEXT = "The quick brown fox jumps over the lazy dog. " * 70  # 3,150 characters


def talk(messages: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": TEXT} for n in range(messages)]


async def send(api: Any, **body: Any) -> dict[str, Any]:
    response = await api.post("/usage", {"session": "chat", "model": MODEL} | body)
    assert response.status_code == 201, response.text
    return dict(response.json()["budget"])


async def fetch(api: Any) -> dict[str, Any]:
    return dict((await api.get("/sessions/chat")).json())


async def test_text_is_estimated_by_default_and_says_so(api: Any) -> None:
    budget = await send(api, messages=talk(1))

    session = await fetch(api)

    assert budget["source"] == session["budget"]["source"] == "estimated"
    assert session["counting"] == {
        "method": "estimated",
        "name": "characters / 3.5",
        "source": "estimated",
        "reason": None,
        "calibration": None,
    }
    assert session["divergence"] is None
    assert session["cost"] is None


@pytest.mark.parametrize(
    ("model", "source", "name"),
    [
        ("gpt-5", "counted", "o200k_base"),
        (MODEL, "estimated", "o200k_base × 1.18"),
    ],
)
async def test_the_policy_s_method_counts_and_names_its_tokenizer(
    api: Any, in_db: Any, model: str, source: str, name: str
) -> None:
    from tracker.models import ConfigVersion, Policy

    def count() -> None:
        Policy.objects.create(name="exact", model_pattern="*", counting="counted")
        ConfigVersion.bump()

    await in_db(count)
    budget = await send(api, messages=talk(1), model=model)

    counting = (await fetch(api))["counting"]
    assert budget["source"] == source
    assert (counting["method"], counting["name"]) == ("counted", name)
    assert counting["source"] == source
    assert (counting["reason"] is None) == (source == "counted")


async def test_reported_usage_corrects_the_next_estimate(api: Any) -> None:
    plain = (await send(api, session="other", messages=talk(2)))["used_tokens"]
    usage = {"input_tokens": 1_000, "cache_read_input_tokens": plain + 17_000}
    await send(api, messages=talk(2), usage=usage)

    budget = await send(api, messages=talk(2))

    assert budget["used_tokens"] == plain + 18_000
    assert budget["source"] == "estimated"
    assert budget["parts"]["unattributed"] == 18_000
    calibration = (await fetch(api))["counting"]["calibration"]
    assert calibration == {
        "of": "characters / 3.5",
        "gain": 1.0,
        "overhead_tokens": 18_000,
        "error": None,
        "samples": 1,
    }


async def test_a_divergence_says_how_far_and_why(api: Any) -> None:
    await send(api, messages=talk(2), usage={"input_tokens": 30_000})

    found = (await fetch(api))["divergence"]

    assert found["reported_tokens"] == 30_000
    assert found["ratio"] == pytest.approx(30_000 / found["counted_tokens"], rel=1e-4)
    assert (
        "the system prompt and the tool definitions were not" in (found["likely_cause"])
    )


async def test_after_some_reports_the_tokenizer_is_no_likely_cause(api: Any) -> None:
    for turn in range(1, 8):
        await send(
            api,
            messages=talk(2 * turn),
            system="You help.",
            tokens=None,
            tools=[{"name": "run", "input_schema": {"type": "object"}}],
            usage={"input_tokens": 30_000 * turn},
        )

    assert "something new came in" in (await fetch(api))["divergence"]["likely_cause"]


async def test_the_caller_s_own_count_is_never_corrected(api: Any) -> None:
    for _ in range(4):
        await send(api, tokens={"history": 1_000}, usage={"input_tokens": 30_000})

    budget = await send(api, tokens={"history": 1_000})

    assert (budget["used_tokens"], budget["source"]) == (1_000, "counted")
    session = await fetch(api)
    assert session["counting"]["calibration"] is None
    assert session["divergence"]["counted_tokens"] == 1_000


async def test_a_compression_resets_what_is_expected(api: Any) -> None:
    plain = (await send(api, session="other", messages=talk(2)))["used_tokens"]
    await send(api, messages=talk(2), usage={"input_tokens": 50_000})
    response = await api.post(
        "/sessions/chat/compressions", {"before_tokens": 50_000, "after_tokens": 900}
    )
    assert response.status_code == 201, response.text

    budget = await send(api, messages=talk(2))

    assert budget["used_tokens"] == plain


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
