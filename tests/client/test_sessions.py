"""Which session a call belongs to."""

from __future__ import annotations

import threading

from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient, session
from tracker.client.sessions import current_session


def test_the_innermost_session_counts_and_ends_with_its_block() -> None:
    assert current_session() is None
    with session("outer"):
        with session("inner"):
            assert current_session() == "inner"
        assert current_session() == "outer"
    assert current_session() is None


def test_sessions_of_threads_and_tasks_stay_apart(
    budget: BudgetClient, server: BudgetServer
) -> None:
    barrier = threading.Barrier(2)

    def chat(key: str) -> None:
        with session(key):
            barrier.wait(60)
            budget.report(tokens={"history": 1}, event_id=f"of {key}")
            barrier.wait(60)

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
