"""Calls of one socket: each answer is booked on the call that it answers."""

from __future__ import annotations

import json
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from tracker.gateway.sockets import calls
from tracker.gateway.sockets.calls import Calls

DONE = json.dumps({"type": "response.completed"})


class Told(Calls):
    """Without judgement and store: which call ended with which status."""

    def __init__(self) -> None:
        self._open: deque[Any] = deque()
        self._unmeasured = 0
        self.ended: list[tuple[str, int]] = []

    async def _begin(self, body: bytes, started: float) -> str:
        name = json.loads(body)["input"]
        if name == "odd":
            raise ValueError("of no known shape")
        reader = SimpleNamespace(feed=lambda data: None)
        row = SimpleNamespace(first_byte_ms=None)
        self._open.append(
            SimpleNamespace(name=name, row=row, reader=reader, asked_at=started)
        )
        return ""

    def _end(self, status: int) -> None:
        self.ended.append((self._open.popleft().name, status))


async def ask(told: Told, *names: str) -> None:
    for name in names:
        await told.asked(json.dumps({"type": "response.create", "input": name}))


async def test_answers_come_in_the_order_of_the_calls() -> None:
    told = Told()
    await ask(told, "a", "b")
    told.answered(json.dumps({"type": "response.created"}))
    told.answered(DONE)
    told.answered(json.dumps({"type": "error", "status": 429}))

    assert told.ended == [("a", 200), ("b", 429)]


@pytest.mark.parametrize("unmeasured", ["one too many", "odd"])
async def test_the_answer_of_an_unmeasured_call_is_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, unmeasured: str
) -> None:
    monkeypatch.setattr(calls, "MOST_OPEN", 1 if unmeasured != "odd" else 9)
    told = Told()
    await ask(told, "a", unmeasured)
    told.answered(DONE)
    await ask(told, "behind it")
    told.answered(json.dumps({"type": "response.failed", "status": 500}))
    told.answered(DONE)
    await ask(told, "c")
    told.answered(DONE)

    assert told.ended == [("a", 200), ("c", 200)]


async def test_what_is_no_call_changes_nothing() -> None:
    told = Told()
    await told.asked('{"type": "response.create", ')
    await told.asked(json.dumps({"type": "other", "of": "response.create"}))
    told.answered(DONE)
    await ask(told, "a")
    told.answered(DONE)

    assert told.ended == [("a", 200)]
