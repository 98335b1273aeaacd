"""A program's own reports, and which session and server they go to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client.asked import ASK, MESSAGE, only_report
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient, session
from tracker.client.config import Config


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


def test_reports_without_an_id_get_ids_that_sort_by_time(
    budget: BudgetClient, server: BudgetServer
) -> None:
    for _ in range(5):
        budget.report(tokens={"history": 1})

    assert budget.flush()
    ids = [report["event_id"] for report in server.reports]
    assert len(set(ids)) == 5
    assert ids == sorted(ids)


def test_sessions_of_threads_and_tasks_stay_apart(
    budget: BudgetClient, server: BudgetServer
) -> None:
    barrier = threading.Barrier(2)

    def chat(key: str) -> None:
        with session(key):
            barrier.wait(5)
            budget.report(tokens={"history": 1}, event_id=f"of {key}")
            barrier.wait(5)

    threads = [threading.Thread(target=chat, args=(key,)) for key in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    budget.report(tokens={"history": 1}, event_id="of chat-42")

    assert budget.flush()
    for report in server.reports:
        assert report["event_id"] == f"of {report['session']}"
    assert len(server.reports) == 3


def test_a_program_that_names_no_session_has_one_for_its_run(
    server: BudgetServer,
) -> None:
    with (
        BudgetClient(server.url, "tb_key") as one,
        BudgetClient(server.url, "tb_key") as other,
    ):
        assert one.session.startswith("run-")
        assert one.session != other.session


def test_without_a_server_a_program_runs_the_same(
    state: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with BudgetClient() as budget:
        budget.report(tokens={"history": 1})
        assert budget.record(MESSAGE) is MESSAGE
        optimized = budget.optimize(ASK)
        assert budget.flush()

    assert (optimized.messages, optimized.error) == (ASK, "reporting is off")
    assert "TOKEN_BUDGET_URL" in caplog.text
    assert not state.exists()


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_BUDGET_URL", "http://environment/")
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_env")

    assert Config.of() == Config("http://environment", "tb_env")
    assert Config.of("http://given") == Config("http://given", "tb_env")
    assert not Config.of("").is_on


def test_spools_of_two_servers_or_keys_are_two_folders() -> None:
    folders = {
        Config(url, key).spool_folder
        for url in ("http://a", "http://b")
        for key in "xy"
    }

    assert len(folders) == 4
