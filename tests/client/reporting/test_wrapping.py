"""Wrapping any SDK client: copies, sessions, servers that are down."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.client.asked import CLAUDE
from tests.client.fake_providers import Providers
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient, session, wrap


def test_copies_of_a_wrapped_client_report_too(
    claude: anthropic.Anthropic, budget: BudgetClient, server: BudgetServer
) -> None:
    claude.with_options(timeout=9).messages.create(**CLAUDE)
    claude.copy().messages.create(**CLAUDE)

    assert budget.flush()
    assert [report["event_id"] for report in server.reports] == ["msg_1", "msg_2"]


def test_wrapping_twice_reports_once(
    claude: anthropic.Anthropic, budget: BudgetClient, told: Any
) -> None:
    assert budget.wrap(claude) is claude

    claude.messages.create(**CLAUDE)

    assert told()["event_id"] == "msg_1"


def test_a_client_used_before_it_is_wrapped_reports(
    budget: BudgetClient, providers: Providers, told: Any
) -> None:
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        claude.messages.create(**CLAUDE)
        budget.wrap(claude, lane="researcher", title="Tutor")
        claude.messages.create(**CLAUDE)

    report = told()
    assert (report["event_id"], report["lane"]) == ("msg_2", "researcher")
    assert report["title"] == "Tutor"


def test_the_session_of_the_moment_wins_over_the_clients(
    claude: anthropic.Anthropic, told: Any
) -> None:
    with session("outer"), session("inner/1"):
        claude.messages.create(**CLAUDE)

    assert told()["session"] == "inner/1"


def test_wrap_without_a_client_reports_to_the_environments_server(
    server: BudgetServer, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.client import budget_client

    monkeypatch.setenv("TOKEN_BUDGET_URL", server.url + "/")
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_env")
    budget_client._default_client.cache_clear()
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        wrap(claude, session="from env").messages.create(**CLAUDE)
    budget_client._default_client().close()
    budget_client._default_client.cache_clear()

    (post,) = server.requests
    assert post.headers["Authorization"] == "Bearer tb_env"
    assert post.json()[0]["session"] == "from env"


def test_what_is_no_client_is_refused(budget: BudgetClient) -> None:
    with pytest.raises(TypeError, match="dict"):
        budget.wrap({})


def test_a_server_that_is_down_disturbs_nobody(
    providers: Providers, state: Any
) -> None:
    budget = BudgetClient("http://127.0.0.1:9", "tb_key")
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        answer = budget.wrap(claude).messages.create(**CLAUDE)
    budget.close()

    assert answer.id == "msg_1"
    assert len(list(state.rglob("*.json"))) == 1
