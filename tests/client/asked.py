"""What the tests ask of a model, what it answers, and how a report tells of it."""

from __future__ import annotations

from typing import Any

from tests.client.fake_providers import ANTHROPIC_USAGE, CHAT_USAGE, RESPONSES_USAGE
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient

ASK: Any = [{"role": "user", "content": "What is the capital of France?"}]
CLAUDE: dict[str, Any] = {
    "model": "claude-test",
    "max_tokens": 100,
    "messages": ASK,
}
GPT: dict[str, Any] = {"model": "gpt-5", "messages": ASK}

MESSAGE = {"id": "msg_1", "model": "claude-test", "usage": ANTHROPIC_USAGE}
CHAT = {"id": "chatcmpl-1", "model": "gpt-5", "usage": CHAT_USAGE}
RESPONSE = {"id": "resp_1", "model": "gpt-5", "usage": RESPONSES_USAGE}


def usage_of(report: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The report's usage, as far as `expected` names it: SDKs add nulls and zeros."""
    return {name: report["usage"].get(name) for name in expected}


def only_report(budget: BudgetClient, server: BudgetServer) -> dict[str, Any]:
    """The one report that was sent, once all are."""
    assert budget.flush()
    (report,) = server.reports
    return report
