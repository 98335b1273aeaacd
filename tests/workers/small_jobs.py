"""What the tests let workers do."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return number * 2


def loop_for_ever() -> None:
    while True:
        pass


def deafly_loop_for_ever() -> None:
    """Also after SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    loop_for_ever()


def freeze() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def raise_timeout() -> None:
    raise TimeoutError("of the work itself")


class Untravelling(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__("two numbers")


def raise_what_cannot_travel() -> None:
    raise Untravelling(1, 2)


def wait_until(path: str) -> int:
    """The process's id, once the file exists."""
    while not os.path.exists(path):
        time.sleep(0.01)
    return os.getpid()


def say_and_wait(said: str, path: str) -> int:
    """Says by a file that it has begun."""
    with open(said, "w"):
        pass
    return wait_until(path)


def silent_summary(_request: object) -> None:
    """A summariser that never answers. A file says which process it keeps busy."""
    mark = Path(os.environ["TOKEN_BUDGET_DATA"]) / "silent.pid"
    mark.with_suffix(".new").write_text(str(os.getpid()))
    mark.with_suffix(".new").rename(mark)
    loop_for_ever()
