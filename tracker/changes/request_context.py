"""Who is asking, for the audit log and the log lines of one request."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from random import getrandbits
from typing import Any

_GIVEN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(slots=True)
class RequestContext:
    """`user` is Django's lazy user, or None ahead of the login middleware."""

    id: str
    address: str = ""
    user: Any = None
    api_key: str = ""  # its shown prefix
    is_unknown: bool = False  # refused: without a key, or with none that is valid


_present: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def begin(request_id: str = "", address: str = "") -> RequestContext:
    """Start a request; a usable id that a proxy gave is kept."""
    is_given = request_id and _GIVEN_ID.fullmatch(request_id)
    known = request_id if is_given else f"{getrandbits(64):016x}"
    context = RequestContext(known, address[:45])
    enter(context)
    return context


def enter(context: RequestContext) -> None:
    """Make this the present request of the calling thread or task."""
    _present.set(context)


def leave() -> None:
    """What follows belongs to no request: for tests, which share one thread."""
    _present.set(None)


def present_request() -> RequestContext | None:
    """None outside of a request: a command, the writer's thread."""
    return _present.get()
