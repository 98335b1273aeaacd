"""A provider on loopback that refuses what the real ones refuse."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.domain.compression.conversations import refusal


class FakeProvider:
    """Answers `/chat/completions` and `/v1/messages` with the queued texts.

    A queued dict is merged into the answer, an int is a status code. What came in is
    in `requests`. Conversations that split pairs or repeat a role get 400.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests.append(body)
        shape = "anthropic" if path.endswith("/messages") else "openai"
        error = refusal(shape, body["messages"])
        if error:
            return 400, {"error": {"message": error}}
        queued = self.answers.pop(0) if self.answers else "ok"
        if isinstance(queued, int):
            return queued, {"error": {"message": f"status {queued}"}}
        extra = queued if isinstance(queued, dict) else {"text": queued}
        build = _anthropic if shape == "anthropic" else _openai
        return 200, build(dict(extra))


def _openai(extra: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": extra.pop("text", None)}
    if "calls" in extra:
        message["tool_calls"] = [
            {
                "id": call,
                "type": "function",
                "function": {"name": "read", "arguments": '{"path":"a.py"}'},
            }
            for call in extra.pop("calls")
        ]
    reason = extra.pop("reason", "tool_calls" if "tool_calls" in message else "stop")
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake",
        "choices": [choice],
        **extra,
    }


def _anthropic(extra: dict[str, Any]) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    if extra.get("text"):
        blocks.append({"type": "text", "text": extra["text"]})
    blocks += [
        {"type": "tool_use", "id": call, "name": "read", "input": {"path": "a.py"}}
        for call in extra.get("calls", ())
    ]
    reason = extra.get("reason", "tool_use" if extra.get("calls") else "end_turn")
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "fake",
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


@contextmanager
def running_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            status, answer = provider.answer(self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
