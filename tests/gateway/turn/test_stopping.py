"""A hard budget: works, lets pass what is below it, and errs as providers do."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.gateway.bodies import anthropic, chat, gemini, responses
from tests.gateway.fake_upstream import FakeUpstream

CALLS = {
    "anthropic": ("/gateway/anthropic/v1/messages", anthropic()),
    "chat": ("/gateway/openai/v1/chat/completions", chat(stream=False)),
    "responses": ("/gateway/openai/v1/responses", responses()),
    "gemini": (
        "/gateway/gemini/v1beta/models/gemini-3-pro:generateContent",
        gemini(),
    ),
}
NAMED = {"X-Token-Budget-Session": "runaway"}


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    from tracker.gateway.turn.stopping import stops
    from tracker.reading.spend.spent import month_sums

    stops.forget_all()
    month_sums.forget_all()


@pytest.fixture
async def alert(project: Any, in_db: Any) -> None:
    """A rule that waits for a stop."""
    from tracker.models import AlertChannel, AlertRule

    def make() -> None:
        channel = AlertChannel.objects.create(
            project=project, name="ops", kind="webhook", target="https://ops.example/"
        )
        AlertRule.objects.create(
            project=project, channel=channel, name="runaways", kind="stopped"
        )

    await in_db(make)


def said(shape: str, body: Any) -> str:
    """The message, out of the provider's own shape."""
    error = body["error"]
    if shape == "anthropic":
        assert (body["type"], error["type"]) == ("error", "billing_error")
    elif shape == "gemini":
        assert (error["code"], error["status"]) == (400, "FAILED_PRECONDITION")
    else:
        assert error["type"] == error["code"] == "insufficient_quota"
    return str(error["message"])


@pytest.mark.parametrize("shape", CALLS)
async def test_a_session_that_has_spent_its_tokens_is_stopped(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    alert: None,
    shape: str,
) -> None:
    path, body = CALLS[shape]
    await policy(gateway_session_tokens=30, window_tokens=200_000)

    first = await client.post(path, json=body, headers=NAMED)
    (sample,) = await rows("UsageSample")
    stopped = [await client.post(path, json=body, headers=NAMED) for _ in range(2)]

    assert first.status_code == 200
    status = 402 if shape == "anthropic" else 400
    assert [answer.status_code for answer in stopped] == [status] * 2
    assert stopped[0].headers["x-should-retry"] == "false"
    used = sample.input_tokens + sample.output_tokens
    message = said(shape, stopped[0].json())
    assert f"session runaway has used {used:,} of 30 tokens" in message
    assert "Raise the limit in the policy, or start a new session" in message
    assert len(upstream.asked) == 1
    calls = await rows("GatewayCall")
    assert [(row.action, row.status) for row in calls[1:]] == [("stopped", status)] * 2
    assert {row.session_id for row in calls} == {sample.session_id}
    assert [row.sent_bytes for row in calls[1:]] == [0, 0]
    (delivery,) = await rows("AlertDelivery")
    assert delivery.message["page"] == ["session", sample.session_id]
    assert (
        delivery.message["title"] == f"Stopped: runaway has used {used:,} of 30 tokens"
    )
    assert len(await rows("UsageSample")) == 1


async def test_below_its_limit_and_beside_a_stopped_session_calls_pass(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, stored: Any
) -> None:
    path, body = CALLS["anthropic"]
    await policy(gateway_session_tokens=30, window_tokens=200_000)
    await client.post(path, json=body, headers=NAMED)
    await stored()

    other = await client.post(path, json=body, headers={"X-Token-Budget-Session": "b"})
    counted = await client.post(f"{path}/count_tokens", json=body, headers=NAMED)

    assert (other.status_code, counted.status_code) == (200, 200)
    assert upstream.last.json == body


@pytest.mark.parametrize("field", ["gateway_session_dollars", "gateway_month_dollars"])
async def test_money_stops_at_list_prices(
    client: httpx.AsyncClient,
    policy: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
    alert: None,
    field: str,
) -> None:
    from decimal import Decimal

    from tracker.domain.providers import pricing
    from tracker.reading.spend.spent import month_sums

    # Prices a token as if it were a million: a call of 300 tokens costs hundreds.
    monkeypatch.setattr(pricing, "_MILLION", Decimal(1))
    path, body = CALLS["anthropic"]
    await policy(**{field: 20}, window_tokens=200_000)
    first = await client.post(path, json=body, headers=NAMED)
    await rows("UsageSample")
    month_sums.forget_all()  # it may be 30 seconds old

    stopped = await client.post(path, json=body, headers=NAMED)
    other = await client.post(path, json=body, headers={"X-Token-Budget-Session": "b"})

    assert (first.status_code, stopped.status_code) == (200, 402)
    message = said("anthropic", stopped.json())
    assert "has spent $" in message and "of $20, the limit of the policy" in message
    is_month = field == "gateway_month_dollars"
    assert other.status_code == (402 if is_month else 200)
    assert ("wait for the next month" in message) == is_month
    (delivery,) = await rows("AlertDelivery")
    assert ("page" in delivery.message) != is_month


async def test_a_raised_limit_lets_the_session_go_on(
    client: httpx.AsyncClient, policy: Any, in_db: Any, stored: Any
) -> None:
    from tracker.gateway.request.address import directory
    from tracker.models import Policy
    from tracker.reading.policies.policy_shelf import forget_policies

    path, body = CALLS["anthropic"]
    await policy(gateway_session_tokens=30, window_tokens=200_000)
    await client.post(path, json=body, headers=NAMED)
    await stored()
    assert (await client.post(path, json=body, headers=NAMED)).status_code == 402

    rows = Policy.objects.exclude(project=None)
    await in_db(lambda: rows.update(gateway_session_tokens=10_000_000))
    directory.forget()
    forget_policies()

    assert (await client.post(path, json=body, headers=NAMED)).status_code == 200


async def test_a_months_first_sum_is_made_once_for_all_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.domain.budget.policy import BudgetPolicy
    from tracker.domain.spend.stops import Spent
    from tracker.gateway.turn import stopping

    asked = []

    async def in_thread(function: Any, *_: Any) -> Any:
        asked.append(function.__name__)
        await asyncio.sleep(0)
        return Spent()

    monkeypatch.setattr(stopping, "in_store_thread", in_thread)
    policy = BudgetPolicy(gateway_month_dollars=5)
    calls = [stopping.stops._spent(7, str(each), policy) for each in range(3)]

    await asyncio.gather(*calls)

    assert sorted(asked) == ["of", "spent_of", "spent_of", "spent_of"]


async def test_without_the_database_calls_pass_as_far_as_is_known(
    client: httpx.AsyncClient,
    policy: Any,
    stored: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.db import DatabaseError

    from tracker.gateway.turn import stopping

    def away(*_: object) -> None:
        raise DatabaseError("away")

    path, body = CALLS["anthropic"]
    await policy(gateway_session_tokens=30, window_tokens=200_000)
    await client.post(path, json=body, headers=NAMED)
    await stored()
    assert (await client.post(path, json=body, headers=NAMED)).status_code == 402
    monkeypatch.setattr(stopping, "spent_of", away)

    stopped = await client.post(path, json=body, headers=NAMED)
    other = await client.post(path, json=body, headers={"X-Token-Budget-Session": "b"})

    assert (stopped.status_code, other.status_code) == (402, 200)
