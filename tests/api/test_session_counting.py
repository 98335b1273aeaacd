"""What counted a session's text, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.optimizing.counted_chat import MODEL, TEXT, fetch, policy, send, talk


async def test_text_is_estimated_by_default_and_says_so(api: Any) -> None:
    budget = await send(api, messages=talk(1))

    session = await fetch(api)

    assert budget["source"] == session["budget"]["source"] == "estimated"
    assert session["counting"] == {
        "method": "by_script",
        "name": "characters by script",
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
    await in_db(policy(model_pattern="*", counting="counted"))
    budget = await send(api, messages=talk(1), model=model)

    counting = (await fetch(api))["counting"]
    assert budget["source"] == source
    assert (counting["method"], counting["name"]) == ("counted", name)
    assert counting["source"] == source
    assert (counting["reason"] is None) == (source == "counted")


async def test_text_without_a_model_is_counted_for_its_session_s(
    api: Any, in_db: Any
) -> None:
    await in_db(policy(model_pattern="claude-*", counting="counted"))
    await send(api, tokens={"history": 1}, model="claude-sonnet-4-5")

    sent = await api.post("/usage", {"session": "chat", "user_context": TEXT})

    assert sent.json()["counting"]["name"] == "o200k_base × 1.18"


async def test_numbers_alone_say_nothing_of_counting_and_ask_for_no_session(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.api.intake import counting

    def asked(*args: object) -> None:
        raise AssertionError("a plain report asked how text is counted")

    monkeypatch.setattr(counting, "_model_and_method", asked)

    sent = await api.post("/usage", {"session": "chat", "tokens": {"history": 5}})

    assert sent.status_code == 201
    assert "counting" not in sent.json()


async def test_a_batch_and_a_repeat_say_what_counted(api: Any) -> None:
    text = {"session": "chat", "event_id": "1", "user_context": "x"}

    batch = await api.post("/usage", [text, text | {"event_id": "2", "tokens": {}}])
    repeat = await api.post("/usage", text)

    assert [r["counting"]["name"] for r in batch.json()["results"]] == [
        "characters by script"
    ] * 2
    assert "counting" not in repeat.json()
