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

MEMORY = "managed-auto-memory-extractor"


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


def helper(key: str, prompt_id: str, used: int, agent: str = "") -> dict[str, Any]:
    event = {"event.name": "qwen-code.api_response", "response_id": key}
    event |= {"prompt_id": prompt_id, "model": "qwen3-coder-plus"}
    event |= {"subagent_name": agent} if agent else {}
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
        helper("r2", f"s#{MEMORY}-1#0", 2_000, MEMORY),
        helper(
            "r3", "s#general-purpose-call_1#0", 3_000, "general-purpose"
        ),  # its file
        helper("r4", "s#side-query-1f#0", 700),
        helper("r5", "compress-1795898507632", 4_000),
    )

    news = told(path, "qwen_code")

    assert [(s.lane, s.implausible, s.used_tokens) for s in news.samples] == [
        ("main", None, 9_000),
        (MEMORY, None, 2_000),
        ("standalone", None, 700),
        ("main", "helper_call", 4_000),
    ]


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


def test_a_sub_agents_model_is_named_beside_its_file(tmp_path: Path) -> None:
    unnamed = answer("a", 2_000, total=2_040, agentId="general-1")
    del unnamed["model"]
    path = write_lines(tmp_path / "agent-general-1.jsonl", unnamed)
    (tmp_path / "agent-general-1.meta.json").write_text('{"model": "qwen3-max"}')

    [sample] = told(path, "qwen_code").samples

    assert sample.model == "qwen3-max"


def test_a_request_of_the_clients_own_has_the_window_said_before(
    tmp_path: Path,
) -> None:
    path = write_lines(
        tmp_path / "s.jsonl",
        answer("a", 9_000, total=9_040),
        helper("r", "compress-1795898507632", 2_000),
    )

    windows = [
        (s.window_tokens, s.window_source) for s in told(path, "qwen_code").samples
    ]

    assert windows == [(1_000_000, "client")] * 2


def test_a_sub_agents_file_is_a_lane(tmp_path: Path) -> None:
    agent = {"agentId": "general-1", "agentName": "general-purpose"}
    path = write_lines(
        tmp_path / "agent-general-1.jsonl", answer("a", 2_000, total=2_040, **agent)
    )

    [sample] = told(path, "qwen_code").samples

    assert numbers([sample]) == [("agent-general-1", 2_000, 1_000, 0, 40)]
    assert sample.metadata == {"agent_type": "general-purpose"}


def test_a_prompt_of_an_older_version_names_its_session(tmp_path: Path) -> None:
    older = typed("u", "Count the files")
    del older["provenance"]

    of_agent = older | {"agentId": "general-1"}

    news = told(write_lines(tmp_path / "s.jsonl", older), "qwen_code")
    asked = told(write_lines(tmp_path / "agent.jsonl", of_agent), "qwen_code")

    assert news.sessions == {"s": "Count the files"}
    assert asked.sessions == {"s": ""}
