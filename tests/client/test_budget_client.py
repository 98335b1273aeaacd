"""A program's own reports: where they go, and how it learns what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.client.asked import ASK, MESSAGE, only_report
from tests.client.fake_server import BudgetServer
from tests.client.fake_transport import soon
from tracker.client import BudgetClient, Delivery
from tracker.client.sending import outage


def test_a_report_of_ones_own_numbers_is_sent_as_it_is(
    budget: BudgetClient, server: BudgetServer
) -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)

    budget.report(
        tokens={"system": 2000, "history": 157172},
        at=at,
        event_id="req_01",
        window_tokens=1_000_000,
        model=None,
        metadata={"team": "search"},
    )

    assert only_report(budget, server) == {
        "session": "chat-42",
        "event_id": "req_01",
        "at": "2026-11-22T10:00:00+00:00",
        "tokens": {"system": 2000, "history": 157172},
        "window_tokens": 1_000_000,
        "metadata": {"team": "search"},
    }


def test_texts_can_be_left_to_the_server_to_count(
    budget: BudgetClient, server: BudgetServer
) -> None:
    budget.report(messages=ASK, system="You are …", session="chat-44")

    report = only_report(budget, server)
    assert (report["messages"], report["session"]) == (ASK, "chat-44")


def test_without_a_server_a_program_runs_the_same(
    state: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with BudgetClient() as budget:
        budget.report(tokens={"history": 1})
        assert budget.record(MESSAGE) is MESSAGE
        optimized = budget.optimize(ASK)
        assert budget.flush()

        assert budget.delivery == Delivery()

    assert (optimized.messages, optimized.error) == (ASK, "reporting is off")
    assert "TOKEN_BUDGET_URL" in caplog.text
    assert not state.exists()


@pytest.mark.parametrize(
    "status", [301, 302, 307, 401, 403, 404, 405, 407, 410, 415, 429, 500, 503]
)
@pytest.mark.parametrize("page", [b"", b"<html>"], ids=["own", "proxy"])
def test_flush_is_false_until_the_server_has_stored_it(
    status: int, page: bytes, server: BudgetServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "FIRST_WAIT", 0.0)
    server.status, server.page = status, page
    with BudgetClient(server.url, "tb_key") as budget:
        budget.report(tokens={"history": 1}, event_id="kept")

        assert not budget.flush()
        assert budget.delivery.problem.startswith(str(status))

        server.status, server.page = 200, b""
        assert soon(budget.flush)
        assert budget.delivery == Delivery(stored=1)

    assert server.reports[-1]["event_id"] == "kept"


def test_the_page_of_a_captive_portal_is_no_receipt(
    budget: BudgetClient, server: BudgetServer, state: Path
) -> None:
    server.page = b"<html>Welcome to the hotel's WiFi</html>"
    budget.report(tokens={"history": 1})

    assert not budget.flush()

    assert "without a receipt" in budget.delivery.problem
    assert len(list(state.rglob("*.json"))) == 1


@pytest.mark.parametrize("status", [400, 413])
def test_a_report_that_the_server_will_never_take_is_refused_with_the_reason(
    status: int, budget: BudgetClient, server: BudgetServer, state: Path
) -> None:
    server.status = status
    budget.report(tokens={"history": 1})

    assert not budget.flush()

    assert budget.delivery == Delivery(refused=1, reasons={f"{status} not now": 1})
    assert list(state.rglob("*.json")) == []


def test_a_key_copied_with_its_ellipsis_is_said_and_not_logged(
    server: BudgetServer, caplog: pytest.LogCaptureFixture
) -> None:
    with BudgetClient(server.url, "tb_secret…") as budget:
        budget.report(tokens={"history": 1})

        assert not budget.flush()
        assert budget.delivery.refused == 1

    assert "the key has characters that no key has" in caplog.text
    assert "secret" not in caplog.text


def test_a_report_that_json_cannot_hold_takes_no_other_along(
    server: BudgetServer,
) -> None:
    budget = BudgetClient(server.url, "tb_key")
    budget.report(tokens={"history": 1}, event_id="good")
    odd: Any = {(1, 2): 3}
    budget.report(tokens={"history": 2}, metadata=odd)
    budget.close()

    assert [report["event_id"] for report in server.reports] == ["good"]
    assert (budget.delivery.stored, budget.delivery.lost) == (1, 1)


def test_a_client_flushes_through_a_server_that_takes_less_at_once(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.too_many = 3
    for number in range(10):
        budget.report(tokens={"history": number})

    assert budget.flush()
    posts = [request.json() for request in server.requests]
    taken = [report for post in posts if len(post) <= 3 for report in post]
    assert [report["tokens"]["history"] for report in taken] == list(range(10))
    assert budget.delivery == Delivery(stored=10)
