"""A small HTTP server on the loopback interface, in a thread, for tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_port: int = 0

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is data for JSON, bytes for HTML, or an iterator of server-sent
    events.
    """

    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)


class Loopback:
    """Answers GET and POST by `answer`, and keeps what was asked in `requests`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.01)
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: Request) -> Answer:
        return Answer(200, {})

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = _body_of(self)
            port = self.client_address[1]
            request = Request(self.command, self.path, dict(self.headers), body, port)
            loopback.requests.append(request)
            answer = loopback.answer(request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if isinstance(answer.content, Iterator):
                self._stream(answer.content)
                return
            is_html = isinstance(answer.content, bytes)
            content = answer.content if is_html else json.dumps(answer.content).encode()
            kind = "text/html" if is_html else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def _stream(self, events: Iterator[str]) -> None:
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for event in events:
                try:
                    self.wfile.write(event.encode())
                except OSError:  # the reader stopped early
                    return
            self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests read `requests`, not stderr."""

    return Handler


def _body_of(request: BaseHTTPRequestHandler) -> bytes:
    """Claude Code and Gemini CLI send their telemetry in chunks."""
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))
    parts: list[bytes] = []
    while size := int(request.rfile.readline().partition(b";")[0], 16):
        parts.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(parts)
