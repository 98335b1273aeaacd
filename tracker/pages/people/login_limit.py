"""How often one may fail to log in: guessing passwords must not pay.

Counted in the cache, over fifteen minutes: five times for one name from one address,
thirty from one address, a hundred for one name from anywhere.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest

WINDOW_SECONDS = 15 * 60
BY_NAME_AND_ADDRESS, BY_ADDRESS, BY_NAME = 5, 30, 100
logger = logging.getLogger(__name__)


def seconds_to_wait(request: HttpRequest) -> int:
    """0 where one may try."""
    counters = _counters(request)
    counted = _in_cache(lambda cache: cache.get_many([key for key, _ in counters]))
    wait = 0
    for key, most in counters:
        failures, until = counted.get(key) or (0, 0.0)
        if failures >= most:
            wait = max(wait, int(until - time.time()) + 1)
    # A clock that was put back locks nobody out for longer.
    return min(max(0, wait), WINDOW_SECONDS)


def note_failure(request: HttpRequest) -> None:
    """Two failures at one moment may count as one: the limits need not be exact."""
    keys = [key for key, _ in _counters(request)]

    def count(cache: Any) -> None:
        counted = cache.get_many(keys)
        for key in keys:
            failures, until = counted.get(key) or (0, time.time() + WINDOW_SECONDS)
            left = min(max(1, int(until - time.time()) + 1), WINDOW_SECONDS)
            cache.set(key, (failures + 1, until), left)

    _in_cache(count)


def forget_failures(request: HttpRequest) -> None:
    """Somebody who knows the password has logged in; the address's count stays."""
    key = _counters(request)[0][0]
    _in_cache(lambda cache: cache.delete(key))


def _in_cache(work: Callable[[Any], Any]) -> Any:
    """Use the shared cache, or this process's own while that is away: people can still
    log in then, and guessing still has a limit.
    """
    try:
        return work(caches["default"])
    except Exception as error:  # noqa: BLE001 - each client raises its own
        logger.warning("The shared cache is away: %s", type(error).__name__)
        return work(caches["alone"])


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
