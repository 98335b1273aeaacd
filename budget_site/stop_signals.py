"""Tells parts of the server at once that it is to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType


def call_at_stop(tell: Callable[[], None]) -> None:
    """Call `tell` on this event loop at SIGTERM and SIGINT, beside the handlers set.

    uvicorn waits for open requests before it ends the application. One whose worker is
    in the middle of something would use up all the time there is.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # a test; signals come to the main thread alone
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _both(loop, tell, before))


def _both(
    loop: asyncio.AbstractEventLoop,
    tell: Callable[[], None],
    before: Callable[[int, FrameType | None], object],
) -> Callable[[int, FrameType | None], object]:
    def handle(number: int, frame: FrameType | None) -> object:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell)
        return before(number, frame)

    return handle
