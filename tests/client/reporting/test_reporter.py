"""Answers of a provider, whatever object they come as, are reported."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anthropic
import pytest

from tests.client.asked import ASK, CHAT, MESSAGE, RESPONSE, only_report
from tests.client.fake_providers import Providers
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient
from tracker.domain.providers.reported_usage import normalise_usage


@pytest.mark.parametrize("answer", [MESSAGE, CHAT, RESPONSE], ids=lambda a: a["id"])
def test_a_dict_of_a_provider_is_reported(
    answer: dict[str, Any], budget: BudgetClient, server: BudgetServer
) -> None:
    assert budget.record(answer) is answer

    report = only_report(budget, server)
    assert report["usage"] == answer["usage"]
    assert (report["event_id"], report["model"]) == (answer["id"], answer["model"])
    assert report["session"] == "chat-42"


def test_an_sdks_object_is_reported(
    budget: BudgetClient, server: BudgetServer, providers: Providers
) -> None:
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        message = budget.record(
            claude.messages.create(model="claude-test", max_tokens=9, messages=ASK),
            lane="planner",
            message_count=1,
        )

    assert message.id == "msg_1"
    report = only_report(budget, server)
    assert normalise_usage(report["usage"]).used_tokens == 703
    assert (report["lane"], report["message_count"]) == ("planner", 1)


def test_a_foreign_object_with_usage_is_reported(
    budget: BudgetClient, server: BudgetServer
) -> None:
    usage = SimpleNamespace(prompt_tokens=9, completion_tokens=1, extra=None)

    budget.record(SimpleNamespace(usage=usage, id=7, model=None))

    report = only_report(budget, server)
    assert report["usage"] == {"prompt_tokens": 9, "completion_tokens": 1}
    assert report["event_id"].startswith("tb-")


@pytest.mark.parametrize(
    "thing",
    [
        None,
        7,
        "text",
        {},
        [],
        {"usage": None},
        {"usage": 5},
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_what_says_no_usage_is_given_back_and_not_reported(
    thing: Any, budget: BudgetClient, server: BudgetServer
) -> None:
    assert budget.record(thing) is thing

    assert budget.flush()
    assert server.reports == []


def test_an_answer_that_breaks_when_it_is_read_is_given_back(
    budget: BudgetClient, server: BudgetServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        @property
        def usage(self) -> Any:
            raise RuntimeError("lazy")

    answer = Broken()

    assert budget.record(answer) is answer
    assert budget.flush()
    assert server.reports == []
    assert "lazy" in caplog.text
