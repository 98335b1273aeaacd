"""Lets a stream pass through unchanged and reports its usage when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tracker.client.answers import Answer, get

Done = Callable[[Answer], None]


def watch_stream(stream: Any, done: Done, *, hides_usage: bool = False) -> bool:
    """Watch an SDK's stream in place; False if it is none that is known.

    The object stays the program's own: only the iterator inside is wrapped.
    `hides_usage` drops OpenAI's chunk that holds nothing but usage, for a program
    that did not ask for it.
    """
    # The helpers of both SDKs (`messages.stream`, …) hold the stream proper inside.
    raw = getattr(stream, "_raw_stream", stream)
    iterator = getattr(raw, "_iterator", None)
    if iterator is None:
        return False
    if hasattr(iterator, "__anext__"):
        raw._iterator = watch_async(iterator, done, hides_usage)
    else:
        raw._iterator = watch(iterator, done, hides_usage)
    return True


def watch(iterator: Iterator[Any], done: Done, hides_usage: bool) -> Iterator[Any]:
    answer = Answer()
    try:
        for event in iterator:
            _see(answer, event)
            if not (hides_usage and _is_usage_alone(event)):
                yield event
    finally:
        done(answer)


async def watch_async(
    iterator: AsyncIterator[Any], done: Done, hides_usage: bool
) -> AsyncIterator[Any]:
    answer = Answer()
    try:
        async for event in iterator:
            _see(answer, event)
            if not (hides_usage and _is_usage_alone(event)):
                yield event
    finally:
        done(answer)


def _see(answer: Answer, event: Any) -> None:
    try:
        answer.see(event)
    except Exception:  # an event of a form nobody knows is the program's business
        return


def _is_usage_alone(event: Any) -> bool:
    return get(event, "choices") == [] and get(event, "usage") is not None
