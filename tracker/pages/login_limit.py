"""How often one may fail to log in: guessing passwords must not pay.

Counted in the cache, over fifteen minutes: five times for one name from one address,
thirty from one address, a hundred for one name from anywhere.
"""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from django.http import HttpRequest

WINDOW_SECONDS = 15 * 60
BY_NAME_AND_ADDRESS, BY_ADDRESS, BY_NAME = 5, 30, 100


def seconds_to_wait(request: HttpRequest) -> int:
    """0 where one may try."""
    wait = 0
    for key, most in _counters(request):
        failures, until = cache.get(key) or (0, 0.0)
        if failures >= most:
            wait = max(wait, int(until - time.time()) + 1)
    return max(0, wait)


def note_failure(request: HttpRequest) -> None:
    """Two at the same moment may count once: the limits are no exact science."""
    for key, _ in _counters(request):
        failures, until = cache.get(key) or (0, time.time() + WINDOW_SECONDS)
        left = max(1, int(until - time.time()) + 1)
        cache.set(key, (failures + 1, until), left)


def forget_failures(request: HttpRequest) -> None:
    """Somebody who knows the password has logged in; the address's count stays."""
    cache.delete(_counters(request)[0][0])


def _counters(request: HttpRequest) -> list[tuple[str, int]]:
    name = request.POST.get("username", "").casefold()
    address = request.META.get("REMOTE_ADDR", "")
    return [
        (_key("both", f"{address} {name}"), BY_NAME_AND_ADDRESS),
        (_key("address", address), BY_ADDRESS),
        (_key("name", name), BY_NAME),
    ]


def _key(kind: str, text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"login-failures:{kind}:{digest}"
