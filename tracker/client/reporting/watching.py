"""Watches a stream pass, unchanged, and hands on its usage when it ends."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tracker.client.reporting.answers import Answer, get

Done = Callable[[Answer], None]


class Watch:
    """Reads the events of one stream, and calls `done` once with the result.

    `hides_usage` hides OpenAI's last chunk, which holds only usage, from a program that
    did not ask for it: it may not expect a chunk without choices.
    """

    def __init__(self, done: Done, *, hides_usage: bool = False) -> None:
        self._answer = Answer()
        self._done = done
        self._hides_usage = hides_usage
        self._is_over = False

    def see(self, event: Any) -> bool:
        """Whether the program should get the event too. Never raises."""
        try:
            self._answer.see(event)
            return not (self._hides_usage and _is_usage_alone(event))
        except Exception:  # noqa: BLE001 - an event of unknown shape goes to the program as it is.
            return True

    def over(self) -> None:
        """The stream has ended: hand on its usage, the first time this is called."""
        if not self._is_over:
            self._is_over = True
            self._done(self._answer)

    def through(self, events: Iterator[Any]) -> Iterator[Any]:
        try:
            for event in events:
                if self.see(event):
                    yield event
        finally:
            self.over()

    async def through_async(self, events: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async for event in events:
                if self.see(event):
                    yield event
        finally:
            self.over()


def watch_stream(stream: Any, watch: Watch) -> bool:
    """Watch an SDK's stream in place; False if `stream` is not a known one.

    The program keeps the same object: only its iterator and its `close` are replaced.
    """
    # The helpers of both SDKs (`messages.stream`, …) hold the actual stream inside.
    raw = getattr(stream, "_raw_stream", stream)
    iterator = getattr(raw, "_iterator", None)
    if iterator is None:
        return False
    if hasattr(iterator, "__anext__"):
        raw._iterator = watch.through_async(iterator)
    else:
        raw._iterator = watch.through(iterator)
    close = getattr(raw, "close", None)
    if inspect.iscoroutinefunction(close):
        raw.close = _close_async(close, watch)
    elif close is not None:
        raw.close = _close(close, watch)
    return True


def _close(inner: Callable[[], None], watch: Watch) -> Callable[[], None]:
    """A stream that the program leaves early is reported with its usage so far."""

    def close() -> None:
        watch.over()
        inner()

    return close


def _close_async(inner: Callable[[], Any], watch: Watch) -> Callable[[], Any]:
    async def close() -> None:
        watch.over()
        await inner()

    return close


def _is_usage_alone(event: Any) -> bool:
    return get(event, "choices") == [] and get(event, "usage") is not None
