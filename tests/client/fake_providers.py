"""A loopback server that speaks enough of Anthropic's and OpenAI's APIs.

Every answer is numbered, so that a test knows which report belongs to which call.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from tests.client.loopback import Answer, Loopback, Request

ANTHROPIC_USAGE = {
    "input_tokens": 3,
    "cache_read_input_tokens": 600,
    "cache_creation_input_tokens": 100,
    "output_tokens": 29,
}
CHAT_USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 37,
    "total_tokens": 1037,
    "prompt_tokens_details": {"cached_tokens": 600},
}
RESPONSES_USAGE = {
    "input_tokens": 1000,
    "input_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 0},
    "output_tokens": 41,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 1041,
}


class Providers(Loopback):
    """`requests` holds what the SDKs sent; `failures` of them are answered 500.

    `is_old` knows nothing of `stream_options`, and says so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.is_old = False
        self._count = itertools.count(1)

    def answer(self, request: Request) -> Answer:
        if self.failures:
            self.failures -= 1
            return Answer(500, {"error": {"type": "api_error", "message": "no"}})
        path = request.path.partition("?")[0]
        body = request.json()
        if self.is_old and "stream_options" in body:
            return Answer(400, {"error": {"message": "stream_options: unknown"}})
        number = next(self._count)
        if path == "/v1/messages/count_tokens":
            return Answer(200, {"input_tokens": 12})
        if path == "/v1/messages":
            return _messages(number, body)
        if path == "/v1/chat/completions":
            return _chat(number, body)
        if path == "/v1/responses":
            return _responses(number, body)
        if path == "/v1/embeddings":
            return Answer(200, _embedding(body))
        return Answer(404, {"error": {"message": path}})


def _messages(number: int, body: dict[str, Any]) -> Answer:
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"] + "-20250929",
        "content": [{"type": "text", "text": "Paris."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": ANTHROPIC_USAGE,
    }
    if not body.get("stream"):
        return Answer(200, message, {"request-id": f"req_{number}"})
    start = {**message, "content": [], "stop_reason": None}
    start["usage"] = {**ANTHROPIC_USAGE, "output_tokens": 1}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    events = [
        {"type": "message_start", "message": start},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Paris."},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": ANTHROPIC_USAGE},
        {"type": "message_stop"},
    ]
    return Answer(200, _named(events))


def _chat(number: int, body: dict[str, Any]) -> Answer:
    head = {
        "id": f"chatcmpl-{number}",
        "created": 1_790_000_000,
        "model": body["model"] + "-2026-08-07",
    }
    if not body.get("stream"):
        message = {"role": "assistant", "content": "Paris.", "refusal": None}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        whole = {"object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE}
        return Answer(200, {**head, **whole})
    chunk = {**head, "object": "chat.completion.chunk"}
    chunks: list[dict[str, Any]] = [
        {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        for delta, reason in (
            ({"role": "assistant", "content": "Pa"}, None),
            ({"content": "ris."}, None),
            ({}, "stop"),
        )
    ]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks = [{**each, "usage": None} for each in chunks]
        chunks.append({**chunk, "choices": [], "usage": CHAT_USAGE})
    return Answer(200, _unnamed(chunks))


def _responses(number: int, body: dict[str, Any]) -> Answer:
    text = {"type": "output_text", "text": "Paris.", "annotations": []}
    output = {
        "type": "message",
        "id": "item_1",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    response = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "model": body["model"],
        "output": [output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": RESPONSES_USAGE,
    }
    if not body.get("stream"):
        return Answer(200, response)
    created = {**response, "status": "in_progress", "output": [], "usage": None}
    events = [
        {"type": "response.created", "sequence_number": 0, "response": created},
        {"type": "response.completed", "sequence_number": 1, "response": response},
    ]
    return Answer(200, _named(events))


def _embedding(body: dict[str, Any]) -> dict[str, Any]:
    vector = {"object": "embedding", "index": 0, "embedding": [0.1]}
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    model = body["model"]
    return {"object": "list", "data": [vector], "model": model, "usage": usage}


def _named(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def _unnamed(chunks: list[dict[str, Any]]) -> Iterator[str]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"
