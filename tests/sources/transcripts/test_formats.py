"""Whose session file is it: the first records must fit."""

from __future__ import annotations

import json

import pytest

from tests.sources.transcripts.builder import (
    as_bytes,
    assistant,
    boundary,
    cleared,
    codex,
    user,
)
from tracker.sources.transcripts.formats import Recognised, recognise

SESSION = "0b1c"
ATTACHED = {"type": "attachment", "sessionId": SESSION, "attachment": {"type": "date"}}


@pytest.mark.parametrize(
    "lines",
    [
        [user("Hello")],
        [assistant(1, 5_000)],
        [boundary(150_000)],
        [cleared()],
        [ATTACHED],
        [{"type": "summary", "summary": "Words", "leafUuid": "x"}],
        [{"type": "mode", "mode": "normal", "sessionId": SESSION}],
        [{"type": "mode"}, "nonsense", {"silly": "this"}, user("Hello")],
    ],
)
def test_claude_code_is_known_by_its_records(tmp_path, lines):
    path = tmp_path / "any-name"
    path.write_bytes(as_bytes(*lines))

    assert recognise(path) == Recognised("claude_code")


@pytest.mark.parametrize("kind", ["session_meta", "turn_context", "event_msg"])
def test_codex_is_known_by_its_records(tmp_path, kind):
    path = tmp_path / "any-name"
    path.write_bytes(as_bytes(codex(kind, {"model": "m"})))

    assert recognise(path) == Recognised("codex")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n  \n", "no JSON lines"),
        (b"# A chat\n\nHello\n", "no JSON lines"),
        (b"SQLite format 3\x00" + b"\x00" * 90, "an SQLite database"),
        ({"sessionId": "s", "projectHash": "h"}, "a session of Gemini CLI"),
        (
            {"type": "assistant", "sessionId": "s", "uuid": "u", "usageMetadata": {}},
            "a session of Qwen Code",
        ),
        ({"type": "metadata", "protocol_version": "1.5"}, "a session of Kimi Code"),
        (
            {"type": "session.start", "data": {"sessionId": "s"}},
            "JSON lines of another program",
        ),
        ({"role": "user", "content": "Hello"}, "JSON lines of another program"),
        (
            {"type": "user", "message": {"content": "no session, no name"}},
            "JSON lines of another program",
        ),
    ],
)
def test_what_is_somebody_else_s_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "a.jsonl"
    given = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(given)

    assert recognise(path) == Recognised(None, reason)
