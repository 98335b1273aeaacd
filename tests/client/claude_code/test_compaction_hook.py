"""The PostCompact hook's compression: before from the transcript, after estimated."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tracker.client.claude_code.compaction_hook import (
    compression_body,
    read_transcript,
    wait_for_boundary,
)

HOOK = {
    "session_id": "977f",
    "prompt_id": "6d1e",
    "hook_event_name": "PostCompact",
    "trigger": "manual",
    "compact_summary": "s" * 350,
}
BOUNDARY = {
    "type": "system",
    "subtype": "compact_boundary",
    "uuid": "ab2b",
    "timestamp": "2026-11-22T15:03:18.902Z",
    "compactMetadata": {"trigger": "manual", "preTokens": 72369, "durationMs": 172},
}


def request(tokens: int, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 1, "cache_read_input_tokens": tokens - 1}
    message = {"model": "claude-opus-4-5", "usage": {**usage, "output_tokens": 5}}
    return {"type": "assistant", "message": message, **more}


def transcript(path: Path, *lines: Any) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "977f.jsonl"


def test_before_is_the_last_request_and_after_the_first_with_the_summary(
    path: Path,
) -> None:
    transcript(path, request(20_000), request(72_340), BOUNDARY)

    body = compression_body(HOOK, read_transcript(path))

    assert body is not None
    assert (body["before_tokens"], body["after_tokens"]) == (72_340, 20_100)
    assert (body["event_id"], body["at"]) == ("ab2b", "2026-11-22T15:03:18.902Z")
    assert (body["trigger"], body["strategy"]) == ("manual", "compact")
    assert body["model"] == "claude-opus-4-5"
    assert body["summary"] == HOOK["compact_summary"]
    assert body["metadata"]["preTokens"] == 72369
    assert body["metadata"]["after"] == "estimated"


def test_the_boundary_of_an_older_compaction_is_not_this_ones(path: Path) -> None:
    transcript(path, request(20_000), BOUNDARY, request(30_000))

    seen = read_transcript(path)
    body = compression_body(HOOK, seen)

    assert seen.is_followed
    assert body is not None
    assert body["event_id"] == "compaction-6d1e"
    assert body["before_tokens"] == 30_000


def test_sub_agents_and_broken_lines_are_passed_over(path: Path) -> None:
    transcript(
        path,
        '{"usage": broken',
        '["usage"]',
        {"type": "assistant", "message": {"usage": {"input_tokens": -1}}},
        {"type": "assistant", "message": "usage"},
        {"type": "assistant", "message": {"usage": None}},
        {"type": "user", "message": {"usage": {"input_tokens": 9}}},
        request(20_000),
        request(150_000, isSidechain=True),
    )

    seen = read_transcript(path)

    assert (seen.first_tokens, seen.before_tokens) == (20_000, 20_000)


def test_after_is_never_more_than_before(path: Path) -> None:
    transcript(path, request(1_000))

    body = compression_body({**HOOK, "trigger": "auto"}, read_transcript(path))

    assert body is not None
    assert body["after_tokens"] == body["before_tokens"] == 1_000
    assert body["trigger"] == "auto"


def test_a_transcript_without_a_request_says_nothing(path: Path) -> None:
    transcript(path, BOUNDARY)

    assert compression_body(HOOK, read_transcript(path)) is None


def test_a_boundary_that_comes_a_moment_later_is_waited_for(path: Path) -> None:
    transcript(path, request(20_000))
    later = [request(20_000), BOUNDARY]
    timer = threading.Timer(0.3, transcript, (path, *later))
    timer.start()

    seen = wait_for_boundary(path, seconds=60)

    timer.join()
    assert seen is not None and seen.boundary is not None


def test_a_boundary_that_never_comes_is_not_waited_for_long(path: Path) -> None:
    transcript(path, request(20_000))
    started = time.monotonic()

    seen = wait_for_boundary(path, seconds=0.3)

    assert seen is not None and seen.boundary is None
    assert time.monotonic() - started < 30


def test_a_transcript_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert wait_for_boundary(tmp_path / "gone.jsonl") is None
    assert wait_for_boundary(tmp_path) is None
