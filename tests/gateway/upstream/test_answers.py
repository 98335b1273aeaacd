"""Usage is read however an answer is cut into pieces, and nothing makes it fail."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
import zstandard

from tracker.gateway.upstream import answers
from tracker.gateway.upstream.answers import Answered, AnswerReader

EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "model": "claude-sonnet-4-5",
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 900},
        },
    },
    {"type": "content_block_delta", "delta": {"text": "usage é \n data: {"}},
    {
        "type": "message_delta",
        "usage": {"output_tokens": 21, "input_tokens": None},
        "context_management": {"applied_edits": [{"cleared_input_tokens": 50}]},
    },
]
STREAM = b"".join(
    f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in EVENTS
)
USAGE = {"input_tokens": 3, "cache_read_input_tokens": 900, "output_tokens": 21}


def read(
    parts: list[bytes], kind: str = "text/event-stream", encoding: str = ""
) -> Answered:
    reader = AnswerReader(kind, encoding)
    for part in parts:
        reader.feed(part)
    return reader.finish()


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_a_stream_is_read_in_pieces_of_any_size(size: int) -> None:
    parts = [STREAM[n : n + size] for n in range(0, len(STREAM), size)]

    found = read(parts)

    assert (found.response_id, found.model) == ("msg_1", "claude-sonnet-4-5")
    assert found.usage == USAGE
    assert found.context_management == {"applied_edits": [{"cleared_input_tokens": 50}]}


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_packed_answers_are_read(encoding: str, pack: Any) -> None:
    packed = pack(STREAM)
    parts = [packed[n : n + 20] for n in range(0, len(packed), 20)]

    assert read(parts, encoding=encoding).usage == USAGE


def test_what_is_no_answer_says_nothing() -> None:
    for kind in ("text/event-stream", "application/json", "text/html", ""):
        for body in (b"", b"data: [DONE]\n\n", b"{", b"[1]", b"\xff\n\n", b"data: 1\n"):
            assert read([body], kind).usage == {}
    assert read([b"no gzip"], encoding="gzip").usage == {}


def test_behind_a_line_that_is_too_long_usage_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 1_000)
    picture = b"data: {" + b"x" * 3_000 + b"}\n\n"
    whole = picture + STREAM
    parts = [whole[n : n + 300] for n in range(0, len(whole), 300)]

    assert read(parts).usage == USAGE


def test_what_is_too_long_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 1_000)
    line = b"data: " + b"x" * 600

    for kind in ("text/event-stream", "application/json"):
        reader = AnswerReader(kind, "")
        for _ in range(4):
            reader.feed(line)
        assert len(reader._waiting) <= 1_200
        assert reader.finish().usage == {}
