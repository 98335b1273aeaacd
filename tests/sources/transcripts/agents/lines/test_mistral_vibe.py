"""Mistral Vibe's journals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    numbers,
    told,
    write_document,
    write_lines,
)


def record(kind: str, **payload: Any) -> dict[str, Any]:
    return {"type": kind, "payload": payload, "recovery_journal_record_version": 1}


def call(action: str, purpose: str, *said: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": text}]} for text in said]
    request = {"purpose": purpose, "trigger": "automatic"}
    request["model_input"] = {"messages": {"messages": messages}}
    return record("action_intent", action_id=action, request=request)


def answer(action: str, used: int, text: str) -> dict[str, Any]:
    usage = {"input_tokens": used, "cached_input_tokens": 1_000, "output_tokens": 40}
    result = {"parts": [{"text": text}], "usage": usage}
    return record("action_result", action_id=action, result={"result": result})


def test_the_calls_since_the_snapshot_and_a_compaction(tmp_path: Path) -> None:
    folder = tmp_path / "unified" / "s"
    write_document(folder / "meta.json", {"config": {"model_name": "devstral-2"}})
    held = {"contextUsage": {"inputTokens": 90_000}, "preview": "Hello there"}
    envelope = {"op": "set_envelope", "state": {"session": held}}
    path = write_lines(
        folder / "journal" / "50.jsonl",
        record("projection", delta=[envelope]),
        call("a", "compaction", "Hello there", "Much more"),
        answer("a", 4_000, "A summary"),
        call("b", "agent", "A summary", "Hello there"),
        answer("b", 5_000, "Done."),
    )

    news = told(path, "mistral_vibe")

    assert numbers(news.samples) == [
        ("main", 4_000, 1_000, 0, 40),
        ("main", 5_000, 1_000, 0, 40),
    ]
    assert [s.implausible for s in news.samples] == ["helper_call", None]
    [compaction] = news.compressions
    assert (compaction.before_tokens, compaction.after_tokens) == (90_000, 5_000)
    assert [m["content"] for m in compaction.after or []] == [
        "A summary",
        "Hello there",
    ]
    assert news.sessions == {"s": "Hello there"}
    assert news.samples[0].model == "devstral-2"
