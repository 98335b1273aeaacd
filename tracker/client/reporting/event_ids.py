"""Ids for reports. The server stores a report that arrives twice once, by its id."""

from __future__ import annotations

import itertools
import os
import time

_count = itertools.count()
_process = os.urandom(6).hex()


def make_event_id() -> str:
    """A new id, like `tb-17…-9f0c…-0`: unique, and later ones sort behind."""
    return f"tb-{time.time_ns():016x}-{_process}-{next(_count):x}"


def _forget_process() -> None:
    """A forked child has a copy of the count: without a name of its own for the
    process it would make the ids of its parent."""
    global _process
    _process = os.urandom(6).hex()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_process)
