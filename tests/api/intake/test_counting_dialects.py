"""The dialect is said; an unknown block loses no reported number, and is no text."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.optimizing.counted_chat import MODEL, TEXT, fetch

SAID = {"role": "user", "content": TEXT}
UNKNOWN = {"role": "user", "content": [{"type": "hologram", "layers": [TEXT]}]}


async def post(api: Any, **body: Any) -> Any:
    return await api.post("/usage", {"session": "chat", "model": MODEL} | body)


@pytest.mark.parametrize(
    ("message", "dialect"),
    [
        (SAID, "openai_chat"),
        ({"role": "user", "content": [{"type": "thinking"}]}, "anthropic"),
        ({"type": "function_call", "name": "tide"}, "openai_responses"),
        ({"role": "model", "parts": [{"text": TEXT}]}, "gemini"),
        ({"role": "user", "content": [{"text": TEXT}]}, "bedrock"),
        ({"role": "user", "parts": [{"type": "text", "text": TEXT}]}, "ai_sdk"),
        ({"type": "human", "content": TEXT}, "langchain"),
    ],
)
async def test_the_answer_says_what_the_messages_were_read_as(
    api: Any, message: dict[str, Any], dialect: str
) -> None:
    answer = (await post(api, messages=[message])).json()

    assert answer["dialect"] == dialect
    assert "unread" not in answer
    assert answer["budget"]["used_tokens"] > 0


async def test_a_report_without_messages_is_of_no_dialect(api: Any) -> None:
    for body in ({"system": TEXT}, {"usage": {"input_tokens": 9}}, {"messages": []}):
        assert "dialect" not in (await post(api, **body)).json()


async def test_an_unknown_block_is_refused_where_the_count_is_all_there_is(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession

    answer = await post(api, messages=[SAID, UNKNOWN])

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["field"] == "messages[1]"
    assert error["message"] == 'block 0 of type "hologram" is of no known kind'
    assert not await in_db(LLMSession.objects.exists)


@pytest.mark.parametrize("field", ["system", "user_context"])
async def test_so_it_is_beside_the_messages(api: Any, in_db: Any, field: str) -> None:
    from tracker.models import UsageSample

    blocks = [{"type": "text", "text": TEXT}, *UNKNOWN["content"]]
    refused = await post(api, messages=[SAID], **{field: blocks})

    error = refused.json()["error"]
    assert (refused.status_code, error["field"]) == (422, f"{field}[1]")
    assert not await in_db(UsageSample.objects.exists)

    told = await post(api, **{field: blocks}, usage={"input_tokens": 5_000})
    found = told.json()
    assert found["unread"] == f'{field}[1]: of type "hologram" is of no known kind'
    assert 800 < found["budget"]["parts"][field] < 1_200
    assert found["budget"]["used_tokens"] == 5_000


async def test_an_unknown_block_loses_no_reported_number(api: Any) -> None:
    body = {"messages": [SAID, UNKNOWN], "usage": {"input_tokens": 5_000}}

    answer = await post(api, **body)

    assert answer.status_code == 201
    found = answer.json()
    assert found["unread"] == (
        'messages[1]: block 0 of type "hologram" is of no known kind'
    )
    assert (found["budget"]["used_tokens"], found["budget"]["source"]) == (
        5_000,
        "reported",
    )
    parts = found["budget"]["parts"]
    assert 800 < parts["history"] < 1_200  # the known message alone
    assert parts["unattributed"] == 5_000 - parts["history"]
    # The gap is the block's: it is no divergence of the counter.
    assert (await fetch(api))["divergence"] is None


async def test_nothing_is_learnt_from_a_count_that_lacks_a_block(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Comparison

    await post(api, messages=[SAID, UNKNOWN], usage={"input_tokens": 90_000})
    assert not await in_db(Comparison.objects.exists)

    await post(api, messages=[SAID], usage={"input_tokens": 90_000})
    assert await in_db(Comparison.objects.exists)


async def test_the_caller_s_own_count_of_the_history_stands_likewise(api: Any) -> None:
    whole = await post(api, messages=[UNKNOWN], tokens={"history": 700})
    part = await post(api, messages=[UNKNOWN], tokens={"system": 700})

    assert whole.status_code == 201
    assert whole.json()["budget"]["used_tokens"] == 700
    assert part.status_code == 422


async def test_one_of_a_batch_is_refused_alone(api: Any) -> None:
    bodies = [
        {"session": "chat", "messages": [message]} for message in (SAID, UNKNOWN, SAID)
    ]

    answer = (await api.post("/usage", bodies)).json()

    assert [r["dialect"] for r in answer["results"]] == ["openai_chat"] * 2
    assert [(r["index"], r["field"]) for r in answer["rejected"]] == [
        (1, "messages[0]")
    ]
