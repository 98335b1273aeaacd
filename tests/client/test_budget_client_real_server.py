"""What flush() and delivery say of reports to the real application."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tracker.client import AsyncBudgetClient, BudgetClient, Delivery


async def test_what_the_real_server_stores_and_refuses_is_counted(
    state: Path, url: str, key: str
) -> None:
    from tracker.models import UsageSample

    async with AsyncBudgetClient(url, key, session="chat-1") as budget:
        budget.report(tokens={"history": 7}, event_id="e1")
        budget.report(tokens={"history": 7}, event_id="e1")
        budget.report(tokens={"history": -1})
        nan: Any = {"loss": float("nan")}
        budget.report(tokens={"history": 8}, metadata=nan)

        assert not await budget.flush()
        delivery = budget.delivery
        budget.report(tokens={"history": 9})
        assert await budget.flush()

    assert (delivery.stored, delivery.refused, delivery.lost) == (2, 1, 1)
    refusal, loss = sorted(delivery.reasons)
    assert refusal.startswith("422 ") and "history" in refusal
    assert "Out of range float" in loss
    assert await UsageSample.objects.acount() == 2


async def test_with_a_key_that_is_unknown_reports_wait_on_disk(
    state: Path, url: str, key: str
) -> None:
    def report() -> tuple[bool, Delivery]:
        with BudgetClient(url, "tb_unknown", session="chat-1") as budget:
            budget.report(tokens={"history": 7})
            return budget.flush(), budget.delivery

    is_stored, delivery = await asyncio.to_thread(report)

    assert not is_stored
    assert delivery.problem.startswith("401 ")
    assert (delivery.stored, delivery.refused, delivery.lost) == (0, 0, 0)
    assert len(list(state.rglob("*.json"))) == 1
