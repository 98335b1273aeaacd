"""Amazon Bedrock on loopback for the scripts of this folder: Claude's answers.

`serve_bedrock()` answers InvokeModel and Converse, whole and streamed, with one usage:
10 new input tokens, 1,000 read from the cache, 200 written to it, 50 of output.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fake_provider import claude_message, claude_stream

CLAUDE_USAGE = {
    "input_tokens": 10,
    "cache_read_input_tokens": 1000,
    "cache_creation_input_tokens": 200,
    "output_tokens": 50,
}
USAGE = {
    "inputTokens": 10,
    "cacheReadInputTokens": 1000,
    "cacheWriteInputTokens": 200,
    "outputTokens": 50,
    "totalTokens": 1260,
}
_EVENTS = "application/vnd.amazon.eventstream"
_METRICS = {
    "inputTokenCount": 10,
    "cacheReadInputTokenCount": 1000,
    "cacheWriteInputTokenCount": 200,
    "outputTokenCount": 50,
}


def serve_bedrock() -> str:
    """Start the server on a free port of 127.0.0.1 and return its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Keep the scripts' output to the one line of the finding."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            kind, payload = _answer(self.path.rsplit("/", 1)[-1])
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(payload)))
            if self.path.endswith("/invoke"):
                for name, count in _HEADERS.items():
                    self.send_header(f"x-amzn-bedrock-{name}-token-count", count)
            self.end_headers()
            self.wfile.write(payload)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


_HEADERS = {
    "input": "10",
    "cache-read-input": "1000",
    "cache-write-input": "200",
    "output": "50",
}


def _answer(action: str) -> tuple[str, bytes]:
    """Content type and body for the last part of the path."""
    said = {"role": "assistant", "content": [{"text": "hi"}]}
    if action == "invoke":
        return "application/json", json.dumps(claude_message(CLAUDE_USAGE)).encode()
    if action == "converse":
        whole = {
            "output": {"message": said},
            "stopReason": "end_turn",
            "usage": USAGE,
            "metrics": {"latencyMs": 1},
        }
        return "application/json", json.dumps(whole).encode()
    if action == "converse-stream":
        events = (
            ("messageStart", {"role": "assistant"}),
            (
                "contentBlockDelta",
                {"contentBlockIndex": 0, "delta": {"text": "hi"}},
            ),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("messageStop", {"stopReason": "end_turn"}),
            ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}),
        )
        return _EVENTS, b"".join(_frame(name, data) for name, data in events)
    stream = claude_stream(CLAUDE_USAGE | {"output_tokens": 1}, {"output_tokens": 50})
    stream[-1]["amazon-bedrock-invocationMetrics"] = _METRICS
    encoded = (base64.b64encode(json.dumps(each).encode()).decode() for each in stream)
    return _EVENTS, b"".join(_frame("chunk", {"bytes": each}) for each in encoded)


def _frame(name: str, data: dict[str, Any]) -> bytes:
    """One message of Amazon's binary event stream."""
    headers = b""
    for key, value in (
        (":message-type", "event"),
        (":event-type", name),
        (":content-type", "application/json"),
    ):
        headers += bytes([len(key)]) + key.encode()
        headers += b"\x07" + struct.pack(">H", len(value)) + value.encode()
    payload = json.dumps(data).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    message = prelude + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))
