"""Qwen Code's session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.transcripts.agents.session_files import (
    MIDDAY,
    numbers,
    told,
    write_lines,
)


def line(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"uuid": key, "sessionId": "s", "timestamp": MIDDAY, "type": kind, **more}


def typed(key: str, text: str) -> dict[str, Any]:
    message = {"role": "user", "parts": [{"text": text}]}
    return line("user", key, provenance="real_user", message=message)


def answer(key: str, used: int, *, total: int, **more: Any) -> dict[str, Any]:
    usage = {
        "promptTokenCount": used,
        "candidatesTokenCount": 40,
        "thoughtsTokenCount": 11,
    }
    usage |= {"cachedContentTokenCount": 1_000, "totalTokenCount": total}
    message = {"role": "model", "parts": [{"text": "Done."}]}
    told = {"message": message, "usageMetadata": usage, "model": "qwen3-coder-plus"}
    return line("assistant", key, contextWindowSize=1_000_000, **told, **more)


def helper(key: str, prompt_id: str, used: int) -> dict[str, Any]:
    event = {"event.name": "qwen-code.api_response", "response_id": key}
    event |= {"prompt_id": prompt_id, "model": "qwen3-coder-plus"}
    counts = {"input_token_count": used, "output_token_count": 9}
    payload = {"uiEvent": event | counts}
    return line("system", key, subtype="ui_telemetry", systemPayload=payload)


def test_thoughts_are_counted_once_wherever_the_provider_has_them(
    tmp_path: Path,
) -> None:
    path = write_lines(
        tmp_path / "s.jsonl",
        typed("u", "Hello"),
        answer("inside", 9_000, total=9_040),
        answer("beside", 9_000, total=9_051),
    )

    samples = told(path, "qwen_code").samples

    assert [sample.output_tokens for sample in samples] == [40, 51]
    assert {sample.window_tokens for sample in samples} == {1_000_000}


def test_requests_the_client_makes_for_itself_move_nothing(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "s.jsonl",
        typed("u", "Hello"),
        helper("r1", "s########0", 9_000),  # tells the request of "a" once more
        answer("a", 9_000, total=9_040),
        helper("r2", "s#managed-auto-memory-extractor-1#0", 2_000),
    )

    news = told(path, "qwen_code")

    assert [s.implausible for s in news.samples] == [None, "helper_call"]
    assert [s.used_tokens for s in news.samples] == [9_000, 2_000]


def test_a_compression_names_its_trigger_and_what_the_client_claims(
    tmp_path: Path,
) -> None:
    info = {
        "originalTokenCount": 9_000,
        "newTokenCount": 700,
        "triggerReason": "manual",
    }
    history = [{"role": "user", "parts": [{"text": "A summary"}]}]
    payload = {"info": info, "compressedHistory": history}
    path = write_lines(
        tmp_path / "s.jsonl",
        typed("u", "Hello"),
        answer("a", 9_000, total=9_040),
        line("system", "c", subtype="chat_compression", systemPayload=payload),
        answer("b", 4_000, total=4_040),
    )

    [compaction] = told(path, "qwen_code").compressions

    assert (compaction.trigger, compaction.summary) == ("manual", "A summary")
    assert (compaction.before_tokens, compaction.after_tokens) == (9_000, 4_000)
    assert compaction.claimed_after_tokens == 700


def test_a_sub_agents_file_is_a_lane(tmp_path: Path) -> None:
    agent = {"agentId": "general-1", "agentName": "general-purpose"}
    path = write_lines(
        tmp_path / "agent-general-1.jsonl", answer("a", 2_000, total=2_040, **agent)
    )

    [sample] = told(path, "qwen_code").samples

    assert numbers([sample]) == [("agent-general-1", 2_000, 1_000, 0, 40)]
    assert sample.metadata == {"agent_type": "general-purpose"}
