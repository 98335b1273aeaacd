"""Reported usage corrects what is counted; a session says how far they are apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.optimizing.counted_chat import fetch, send, talk


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
        "of": "characters by script",
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
    assert "prompt and the tool definitions, which were not" in found["likely_cause"]


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

    cause = (await fetch(api))["divergence"]["likely_cause"]
    assert "something new that is not counted" in cause


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
