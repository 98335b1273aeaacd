"""By what POST optimize counts: a tokenizer, and what reports have taught."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import LONG_TALK


async def test_a_policy_may_have_the_text_counted(api: Any, in_db: Any) -> None:
    from tracker.models import ConfigVersion, Policy, UsageSample
    from tracker.reading.policies.policy_shelf import forget_policies

    def count() -> None:
        Policy.objects.update_or_create(
            name="default", defaults={"counting": "counted"}
        )
        ConfigVersion.bump()
        forget_policies()

    await in_db(count)

    response = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "model": "gpt-5"}
    )

    assert response.status_code == 201
    assert response.json()["budget"]["source"] == "counted"
    assert (await in_db(UsageSample.objects.get)).source == "counted"


async def reported(api: Any, *, beyond: int, **body: Any) -> int:
    """Report LONG_TALK in session s, `beyond` tokens above its count; the count."""
    plain = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "dry_run": True} | body
    )
    counted = int(plain.json()["before_tokens"])
    usage = {"input_tokens": counted + beyond, "output_tokens": 1}
    sent = {"session": "s", "messages": LONG_TALK, "usage": usage} | body
    assert (await api.post("/usage", sent)).status_code == 201
    return counted


async def test_what_reports_hold_beyond_the_count_is_in_its_numbers(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, LLMSession, UsageSample

    model = {"model": "house-llm"}
    counted = await reported(api, beyond=170_000, **model)

    sent = {"messages": LONG_TALK, "event_id": "o", "force": True} | model
    answer = (await api.post("/sessions/s/optimize", sent)).json()

    assert answer["trigger"] == "budget"
    assert answer["compressed"] is True
    assert answer["before_tokens"] == counted + 170_000
    assert answer["after_tokens"] > 170_000
    assert answer["budget"]["parts"]["unattributed"] == 170_000
    sample = await in_db(lambda: UsageSample.objects.get(event_id="o"))
    assert (sample.used_tokens, sample.source) == (counted + 170_000, "estimated")
    assert sample.unattributed_tokens == 170_000
    row = await in_db(Compression.objects.get)
    assert (row.before_tokens, row.after_tokens) == (
        answer["before_tokens"],
        answer["after_tokens"],
    )
    session = await in_db(LLMSession.objects.get)
    assert session.used_tokens == row.after_tokens
    repeat = (await api.post("/sessions/s/optimize", sent)).json()
    assert repeat["before_tokens"] == answer["before_tokens"]


async def test_a_report_below_the_count_takes_nothing_off(api: Any, in_db: Any) -> None:
    counted = await reported(api, beyond=-500, model="house-llm")

    answer = await api.post(
        "/sessions/s/optimize", {"messages": LONG_TALK, "model": "house-llm"}
    )

    assert answer.json()["before_tokens"] == counted


@pytest.mark.parametrize(
    ("tokenizer", "source", "reason"),
    [
        ("words", "counted", None),
        ("picky", "estimated", "failed on a text: UnicodeError"),
        ("gone", "estimated", "has no attribute 'gone'"),
    ],
)
async def test_a_worker_counts_by_a_tokenizer_of_one_s_own(
    api: Any, in_db: Any, settings: Any, tokenizer: str, source: str, reason: str | None
) -> None:
    from tracker.models import Policy, UsageSample
    from tracker.reading.policies.policy_shelf import forget_policies

    path = f"tests.house_tokenizers:{tokenizer}"
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": path}

    def count() -> None:
        Policy.objects.update_or_create(name="default", defaults={"counting": "mine"})
        forget_policies()

    await in_db(count)
    messages = [{"role": "user", "content": "unspeakable"}, *LONG_TALK[1:]]

    answer = await api.post("/sessions/s/optimize", {"messages": messages})

    assert answer.status_code == 201
    counting = answer.json()["counting"]
    assert (counting["source"], answer.json()["budget"]["source"]) == (source, source)
    assert (reason in counting["reason"]) if reason else counting["reason"] is None
    assert (await in_db(UsageSample.objects.get)).source == source
