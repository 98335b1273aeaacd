"""A transport that a test answers for, and reports to send by it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tracker.client.sending.transport import Outcome


class Line:
    """A transport that notes bodies and answers what the test says."""

    def __init__(self) -> None:
        self.bodies: list[list[Any]] = []
        self.outcome: Callable[[list[Any]], Outcome] = lambda reports: Outcome()
        self.is_closed = False

    def send(self, body: bytes) -> Outcome:
        reports = json.loads(body)
        self.bodies.append(reports)
        return self.outcome(reports)

    def close(self) -> None:
        self.is_closed = True


def later(reports: list[Any]) -> Outcome:
    return Outcome("503 not now", is_later=True)


def make(number: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"n": number}


def soon(is_true: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.01)
    return False
