"""Between an exporter and the server: passes requests on, keeps what was sent."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# What decides how a body is read. Keys, addresses and lengths are not kept.
KEPT_HEADERS = ("content-type", "content-encoding", "user-agent")
HOP_BY_HOP = ("connection", "host", "transfer-encoding", "content-length")


@dataclass(frozen=True, slots=True)
class Exported:
    """One request as it was sent, and the status it was answered with."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 200


def write_fixture(path: Path, requests: list[Exported]) -> None:
    """One request a line, as JSON: a JSON body as it is, any other in base64."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"path": each.path, "headers": each.headers, **_written(each)}
        for each in requests
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_fixture(path: Path) -> list[Exported]:
    """What `write_fixture` wrote."""
    return [
        Exported(row["path"], row["headers"], _read(row))
        for row in map(json.loads, path.read_text().splitlines())
    ]


def _written(request: Exported) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        return {"json": json.loads(request.body)}
    return {"base64": base64.b64encode(request.body).decode()}


def _read(row: dict[str, Any]) -> bytes:
    if "json" in row:
        return json.dumps(row["json"]).encode()
    return base64.b64decode(row["base64"])


class RecordingProxy:
    """Answers every POST as `target` does; `exported` holds them in their order."""

    def __init__(self, target: str) -> None:
        self.exported: list[Exported] = []
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), _handler(self.exported, urlsplit(target).netloc)
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(exported: list[Exported], netloc: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = b"".join(self._sent())
            sent = {name.lower(): value for name, value in self.headers.items()}
            onward = {n: v for n, v in sent.items() if n not in HOP_BY_HOP}
            server = http.client.HTTPConnection(netloc, timeout=30)
            server.request("POST", self.path, body, onward)
            answer = server.getresponse()
            content = answer.read()
            server.close()
            kept = {name: sent[name] for name in KEPT_HEADERS if name in sent}
            exported.append(Exported(self.path, kept, body, answer.status))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("content-type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _sent(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
                return
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def log_message(self, format: str, *arguments: Any) -> None:
            """The run prints its own lines."""

    return Handler
