"""Kimi Code's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    numbers,
    told,
    write_document,
    write_lines,
)

NOON = 1_767_614_400_000
HEAD = {"type": "metadata", "protocol_version": "1.5"}


def usage(minute: int, fresh: int, read: int, scope: str = "turn") -> dict[str, Any]:
    counts = {"inputOther": fresh, "inputCacheRead": read, "inputCacheCreation": 0}
    told = {"model": "alias", "usage": counts | {"output": 30}, "usageScope": scope}
    return {"type": "usage.record", **told, "time": NOON + minute * 60_000}


def wire(folder: Path, agent: str, *lines: dict[str, Any]) -> Path:
    request = {"type": "llm.request", "model": "kimi-k2.5"}
    path = folder / "session_1" / "agents" / agent / "wire.jsonl"
    return write_lines(path, HEAD, request, *lines)


def test_each_request_once_under_the_models_true_name(tmp_path: Path) -> None:
    step = {"type": "step.end", "usage": {"inputOther": 1_000, "output": 30}}
    again = {"type": "context.append_loop_event", "event": step}
    path = wire(tmp_path, "main", usage(1, 1_000, 20_000), again)

    [sample] = told(path, "kimi_code").samples

    assert numbers([sample]) == [("main", 21_000, 20_000, 0, 30)]
    assert (sample.session, sample.model) == ("session_1", "kimi-k2.5")


def test_a_compaction_with_the_request_that_made_its_summary(tmp_path: Path) -> None:
    applied = {"type": "context.apply_compaction", "summary": "A summary",
               "tokensBefore": 900, "tokensAfter": 300, "time": NOON}  # fmt: skip
    path = wire(
        tmp_path,
        "main",
        usage(1, 90_000, 0),
        {"type": "full_compaction.begin", "source": "manual"},
        usage(2, 4_000, 0, scope="session"),
        applied,
        usage(3, 7_000, 0),
    )

    news = told(path, "kimi_code")

    assert [s.implausible for s in news.samples] == [None, "helper_call", None]
    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (90_000, 7_000)
    assert (compaction.trigger, compaction.claimed_before_tokens) == ("manual", 900)


def test_a_forks_copied_requests_are_its_parents(tmp_path: Path) -> None:
    write_document(
        tmp_path / "session_1" / "state.json", {"createdAt": NOON + 5 * 60_000}
    )
    path = wire(tmp_path, "main", usage(1, 1_000, 0), usage(6, 2_000, 0))

    assert [s.used_tokens for s in told(path, "kimi_code").samples] == [2_000]


def test_another_agents_file_is_a_lane(tmp_path: Path) -> None:
    [sample] = told(wire(tmp_path, "agent-0", usage(1, 1_000, 0)), "kimi_code").samples

    assert (sample.session, sample.lane) == ("session_1", "agent-0")
