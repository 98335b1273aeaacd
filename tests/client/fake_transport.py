"""A transport that a test answers for, and reports to send by it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from tracker.client.sending.receipts import Receipt

STORED = Receipt("settled")
LATER = Receipt("later", "503 not now")


class FakeTransport:
    """Notes the batches it is given, and answers what the test says."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.answer: Callable[[list[Any]], Receipt] = lambda reports: STORED
        self.is_closed = False
        self.resets = 0

    def send(self, reports: Sequence[bytes]) -> Receipt:
        batch = [json.loads(report) for report in reports]
        self.batches.append(batch)
        return self.answer(batch)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.is_closed = True

    @property
    def numbers(self) -> list[int]:
        """Of all reports made by `make`, in the order they were sent."""
        return [report["n"] for batch in self.batches for report in batch]


def later(reports: list[Any]) -> Receipt:
    return LATER


def make(number: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"n": number}


def soon(is_true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `is_true` answers as soon as that is true, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := is_true()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found
