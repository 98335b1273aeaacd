"""The thread that delivers goes on whatever happens in one of its steps."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tracker.alerts import keeper
from tracker.models import AlertDelivery


@pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("odd")])
def test_a_failed_step_is_tried_again(
    store: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_: Any) -> int:
        raise error

    monkeypatch.setattr(keeper, "deliver_due", fail)

    assert keeper.AlertKeeper().step() == 10 * keeper.EVERY_SECONDS


def test_a_full_round_is_followed_at_once(
    store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([keeper.AT_ONCE, 0])
    monkeypatch.setattr(keeper, "deliver_due", lambda _: next(rounds))
    running = keeper.AlertKeeper()

    assert [running.step(), running.step()] == [0.0, keeper.EVERY_SECONDS]


async def test_a_running_server_delivers_what_a_report_put_out(
    api: Any, in_db: Any, project: Any, settings: Any, receiver: Any
) -> None:
    from tracker.changes.alerts import send_test
    from tracker.models import AlertChannel

    settings.ALERT_PRIVATE_TARGETS = True
    hook = receiver()

    def put_out() -> None:
        send_test(
            AlertChannel.objects.create(
                project=project,
                name="ops",
                kind="webhook",
                target=hook.url,
                site_address="https://ops.example/",
            )  # fmt: skip
        )

    await in_db(put_out)
    thread = keeper.AlertKeeper()
    thread.start()
    try:
        while not hook.got:
            assert thread.is_alive()
            thread.join(0.05)
    finally:
        thread.stop()

    row = await in_db(AlertDelivery.objects.get)
    assert row.state == "sent"
