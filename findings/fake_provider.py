"""A provider on loopback for the scripts of this folder: canned answers, no outside.

`serve(answer)` calls `answer(path, body)` for each request. A dict goes out as JSON,
a list of dicts as server-sent events, text as an event stream word for word.
The server lives in daemon threads: it ends with the script that started it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, dict[str, Any]], Any]


def serve(answer: Answer) -> str:
    """Start the server on a free port of 127.0.0.1 and return its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Keep the scripts' output to the one line of the finding."""

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            said = answer(self.path, json.loads(self.rfile.read(length) or b"{}"))
            kind = "application/json" if isinstance(said, dict) else "text/event-stream"
            if isinstance(said, dict):
                said = json.dumps(said)
            elif isinstance(said, list):
                said = "".join(map(event, said))
            payload = said.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def event(data: dict[str, Any]) -> str:
    """One server-sent event; Anthropic's carry their type as the event's name."""
    name = f"event: {data['type']}\n" if "type" in data else ""
    return f"{name}data: {json.dumps(data)}\n\n"


def claude_message(usage: dict[str, Any]) -> dict[str, Any]:
    """A whole answer of Anthropic's Messages API with this usage."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-5",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def claude_stream(
    start: dict[str, Any],
    end: dict[str, Any],
    block: dict[str, Any] | None = None,
    deltas: tuple[dict[str, Any], ...] = ({"type": "text_delta", "text": "hi"},),
) -> list[dict[str, Any]]:
    """One streamed answer: usage `start` in its first event, `end` in its last."""
    message = claude_message(start) | {"content": [], "stop_reason": None}
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": message},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": block or {"type": "text", "text": ""},
        },
        *({"type": "content_block_delta", "index": 0, "delta": d} for d in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": end},
        {"type": "message_stop"},
    ]
