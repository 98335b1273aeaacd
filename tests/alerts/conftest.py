"""A project with a channel, and receivers on loopback that note what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from tracker.models import AlertChannel, AlertDelivery, Project


class Receiver:
    """Answers with the `statuses` in turn, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses) or [200]
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), body))
                left = receiver.statuses
                status = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep the tests' output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    opened: list[Receiver] = []

    def make(*statuses: int) -> Receiver:
        opened.append(Receiver(*statuses))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def private_targets(settings: Any) -> None:
    settings.ALERT_PRIVATE_TARGETS = True


@pytest.fixture
def make_channel(project: Project) -> Callable[..., AlertChannel]:
    def make(target: str, kind: str = "webhook") -> AlertChannel:
        return AlertChannel.objects.create(
            project=project, name="ops", kind=kind, target=target, secret="s3cret",
            site_address="https://ops.example/",
        )  # fmt: skip

    return make


@pytest.fixture
def put_out() -> Callable[..., AlertDelivery]:
    def make(channel: AlertChannel, **message: Any) -> AlertDelivery:
        now = timezone.now()
        return AlertDelivery.objects.create(
            project=channel.project, channel=channel, about="event 1",
            message={
                "kind": "event", "title": "chat is at 95.1 %",
                "text": "warning → critical", "page": ["session", 7], **message,
            },
            created_at=now, due_at=now,
        )  # fmt: skip

    return make
