"""GitHub Copilot CLI's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    MIDDAY,
    numbers,
    told,
    write_lines,
)


def event(kind: str, key: str, agent: str = "", **data: Any) -> dict[str, Any]:
    told = {
        "type": kind,
        "data": data,
        "id": key,
        "timestamp": MIDDAY,
        "parentId": None,
    }
    return told | ({"agentId": agent} if agent else {})


def usage(key: str, used: int, agent: str = "") -> dict[str, Any]:
    counts = {"inputTokens": used, "cacheReadTokens": 1_000, "cacheWriteTokens": 200}
    counts |= {"outputTokens": 40, "reasoningTokens": 11, "maxPromptTokens": 100_000}
    told = {"usage": {**counts, "model": "gpt-5.5"}}
    return event("session.usage_record", key, agent, **told)


WHERE = {"cwd": "/src/shop/api", "gitRoot": "/src/shop", "branch": "fix"}
START = event("session.start", "0", sessionId="s", context=WHERE)


def test_each_usage_record_is_a_request_and_the_shutdowns_sum_is_none(
    tmp_path: Path,
) -> None:
    path = write_lines(
        tmp_path / "s" / "events.jsonl",
        START,
        event("user.message", "1", content="Hello there"),
        usage("2", 9_000),
        event("session.shutdown", "3", modelMetrics={"inputTokens": 9_000}),
        event("session.resume", "4"),
        usage("5", 9_500),
        event("subagent.started", "6", "0c", agentName="explore"),
        usage("7", 3_000, "0c"),
    )

    news = told(path, "copilot_cli")

    assert numbers(news.samples) == [
        ("main", 9_000, 1_000, 200, 40),
        ("main", 9_500, 1_000, 200, 40),
        ("agent-0c", 3_000, 1_000, 200, 40),
    ]
    assert {s.window_tokens for s in news.samples} == {100_000}
    assert news.samples[0].metadata == {"repository": "shop", "branch": "fix"}
    assert news.samples[2].metadata == {"agent_type": "explore"}
    assert news.sessions == {"s": "Hello there"}


def test_a_compaction_that_succeeded(tmp_path: Path) -> None:
    used = {"inputTokens": 800, "outputTokens": 90}
    told_of_it = {
        "trigger": "manual",
        "summaryContent": "A summary",
        "preCompactionTokens": 900,
        "postCompactionTokens": 300,
        "compactionTokensUsed": used,
    }
    path = write_lines(
        tmp_path / "s" / "events.jsonl",
        START,
        usage("1", 90_000),
        event("session.compaction_complete", "2", success=False, **told_of_it),
        event("session.compaction_complete", "3", success=True, **told_of_it),
        usage("4", 7_000),
    )

    news = told(path, "copilot_cli")

    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (90_000, 7_000)
    assert compaction.event_id == "3"
    assert [s.implausible for s in news.samples] == [None, "helper_call", None]
