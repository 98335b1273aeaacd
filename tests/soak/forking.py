"""Loads the product once; each line on stdin then forks a process that runs it.

    serve PORT | run COMMAND…   →   the process's id, at once
    wait ID                     →   its exit status, when it has ended
    clock SECONDS               →   by so much the clock of all of them is wrong now

Loading takes most of a start (1.5 to 3 s of processor). A forked server is the same
code in a process of its own: it opens its database itself, and SIGKILL leaves it no
word.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

LATER = (  # what a server loads at its first request
    "budget_site.urls",
    "django.contrib.messages.storage.fallback",
    "django.db.models.sql.compiler",
    "tracker.upkeep.verifying",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_impl",
)


def main() -> None:
    import budget_site.asgi

    for name in LATER:
        import_module(name)
    clock = _Clock()
    assert budget_site.asgi.application
    assert threading.active_count() == 1, "a thread would be missing in the fork"
    print("ready", flush=True)
    for line in sys.stdin:
        what, *words = line.split()
        if what == "wait":
            _, status = os.waitpid(int(words[0]), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif what == "clock":
            clock.step(int(words[0]))
            print("stepped", flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            _child(what, words)


class _Clock:
    """The time of day of this process and of those it forks, also of running ones: all
    read one page of memory. `time.monotonic` goes on as it does when a clock is set.
    """

    def __init__(self) -> None:
        from django.utils import timezone

        self._page = mmap.mmap(-1, 8)
        usual, usual_ns, usual_now = time.time, time.time_ns, timezone.now
        time.time = lambda: usual() + self._seconds()
        time.time_ns = lambda: usual_ns() + self._seconds() * 10**9
        timezone.now = lambda: usual_now() + timedelta(seconds=self._seconds())
        stepped = _stepped(self._seconds)
        for name, module in list(sys.modules.items()):
            of_product = name.partition(".")[0] in ("tracker", "budget_site")
            if of_product and getattr(module, "datetime", None) is datetime:
                module.datetime = stepped  # type: ignore[attr-defined]

    def _seconds(self) -> int:
        return int(struct.unpack("q", self._page[:])[0])

    def step(self, seconds: int) -> None:
        self._page[:] = struct.pack("q", seconds)


def _stepped(seconds: Callable[[], int]) -> type[datetime]:
    """As datetime, whose objects it makes; `now` tells the stepped clock."""

    class Meta(type):
        def __instancecheck__(cls, each: object) -> bool:
            return isinstance(each, datetime)

    class Stepped(datetime, metaclass=Meta):
        def __new__(cls, *parts: Any, **more: Any) -> Any:
            return datetime(*parts, **more)  # noqa: DTZ001 - as the caller says

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds())

    return Stepped


def _child(what: str, words: list[str]) -> None:
    status = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)  # the log; stdout is the caller's line
        (_serve if what == "serve" else _run)(words)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - the forked process must end here
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _serve(words: list[str]) -> None:
    import uvicorn

    uvicorn.run(
        "budget_site.asgi:application",
        port=int(words[0]),
        log_level="warning",
        lifespan="on",
    )


def _run(words: list[str]) -> None:
    from django.core.management import call_command

    call_command(*words)


if __name__ == "__main__":
    main()
