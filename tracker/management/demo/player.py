"""Plays the story over REST, as any client would."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from tracker.management.demo.story import Call

ATTEMPTS = 3


class DemoError(Exception):
    """The server did not accept a call. The text says what it answered."""


def play(
    calls: Sequence[Call],
    client: httpx.Client,
    *,
    speed: float | None = 1.0,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Post each call at its time.

    `speed` 2 takes half the time. None posts everything at once, dated as if it had
    taken its time and ended now. `say` gets a line per call. Raises DemoError when the
    server cannot be reached or refuses a call.
    """
    began, now = time.monotonic(), datetime.now(UTC)
    end = max(call.seconds for call in calls)
    for call in calls:
        body = dict(call.body)
        if speed is None:
            at = now - timedelta(seconds=end - call.seconds)
            body |= {"at": at.isoformat()} if call.is_dated else {}
        else:
            time.sleep(max(0.0, began + call.seconds / speed - time.monotonic()))
        _post(client, call.path, body)
        say(f"{call.seconds:>5.0f} s  {call.path}")


def _post(client: httpx.Client, path: str, body: dict[str, object]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            response = client.post(path, json=body)
        except httpx.TransportError as error:
            raise DemoError(f"Nothing answers at {client.base_url}: {error}") from error
        if response.status_code in (429, 503) and attempt < ATTEMPTS:
            time.sleep(min(5.0, float(response.headers.get("Retry-After", 1))))
            continue
        if response.is_error:
            raise DemoError(f"{path} answered {response.status_code}: {response.text}")
        return
