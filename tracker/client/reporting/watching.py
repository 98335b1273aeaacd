"""Lets a stream pass through unchanged and reports its usage when it ends."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tracker.client.reporting.answers import Answer, get

Done = Callable[[Answer], None]


class Watch:
    """Sees the events of one stream and, once, tells what they said.

    `hides_usage` keeps OpenAI's chunk that holds nothing but usage from a program
    that did not ask for it.
    """

    def __init__(self, done: Done, *, hides_usage: bool = False) -> None:
        self._answer = Answer()
        self._done = done
        self._hides_usage = hides_usage
        self._is_over = False

    def see(self, event: Any) -> bool:
        """Whether the program shall see the event too. Never raises."""
        try:
            self._answer.see(event)
            return not (self._hides_usage and _is_usage_alone(event))
        except Exception:  # an event of a form nobody knows is the program's business
            return True

    def over(self) -> None:
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
    """Watch an SDK's stream in place; False if it is none that is known.

    The object stays the program's own: only its iterator and its `close` are wrapped.
    """
    # The helpers of both SDKs (`messages.stream`, …) hold the stream proper inside.
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
    """A stream that is left early says what it had said until then."""

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
