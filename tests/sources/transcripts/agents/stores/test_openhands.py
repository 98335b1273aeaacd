"""OpenHands' conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    numbers,
    told,
    write_document,
)


def request(key: str, used: int) -> dict[str, Any]:
    counts = {
        "prompt_tokens": used,
        "cache_read_tokens": 1_000,
        "completion_tokens": 40,
    }
    return {"response_id": key, "model": "m1", "context_window": 128_000, **counts}


def conversation(folder: Path, *events: dict[str, Any]) -> Path:
    agent = {"token_usages": [request("a", 9_000), request("b", 4_000)]}
    condenser = {"token_usages": [request("c", 1_700)]}
    metrics = {"agent": agent, "condenser": condenser}
    for number, event in enumerate(events):
        told_at = {"timestamp": f"2026-01-05T12:00:{number:02}"}
        write_document(folder / "events" / f"event-{number:05}.json", told_at | event)
    state = {"id": "s", "stats": {"usage_to_metrics": metrics}}
    return write_document(folder / "base_state.json", state)


def said(source: str, text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    message = {"llm_message": {"content": content}}
    return {"kind": "MessageEvent", "source": source, **message}


def test_requests_meet_their_answers_and_a_condensation_is_a_compaction(
    tmp_path: Path,
) -> None:
    path = conversation(
        tmp_path,
        said("user", "Hello there"),
        said("agent", "Hello."),
        {"kind": "Condensation", "id": "k", "summary": "A summary"},
        said("user", "And now?"),
        said("agent", "Done."),
    )

    news = told(path, "openhands")

    assert numbers(news.samples) == [
        ("main", 9_000, 1_000, 0, 40),
        ("main", 4_000, 1_000, 0, 40),
        ("main", 1_700, 1_000, 0, 40),
    ]
    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (9_000, 4_000)
    assert [s.implausible for s in news.samples] == [None, None, "helper_call"]
    assert news.sessions == {"s": "Hello there"}


def test_the_newest_request_is_told_before_its_event_is_written(tmp_path: Path) -> None:
    path = conversation(tmp_path, said("user", "Hello"))

    used = [s.used_tokens for s in told(path, "openhands").samples]

    assert used[:2] == [9_000, 4_000]
