"""Large bodies wait on the disk until a worker is free for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from tracker.workers.pool import own_turn

SMALL_BYTES = 1024 * 1024


@contextmanager
def turn_for_body(request: HttpRequest) -> Iterator[None]:
    """Read `request.body` inside: a large one has its worker then.

    Django has spooled it to its temporary folder. Were it read at once, 20 waiting
    bodies of 19 MiB would take 450 MB of memory.
    """
    size = request.META.get("CONTENT_LENGTH", "")  # none: sent in chunks
    if size.isdecimal() and int(size) <= SMALL_BYTES:
        yield
        return
    with own_turn():
        yield
