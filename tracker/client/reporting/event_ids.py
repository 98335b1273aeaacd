"""Ids made here make a report harmless to send twice: time-ordered, and unique."""

from __future__ import annotations

import itertools
import os
import time

_count = itertools.count()
_process = os.urandom(6).hex()


def make_event_id() -> str:
    return f"tb-{time.time_ns():016x}-{_process}-{next(_count):x}"


def _forget_process() -> None:
    global _process
    _process = os.urandom(6).hex()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_process)
