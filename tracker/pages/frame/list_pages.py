"""A page of a list at the cursor of a link; a spoilt cursor is no such page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404

from tracker.reading.keyset import CursorError, Page


def page_at(read: Callable[[str | None], Page], cursor: str | None) -> Page:
    try:
        return read(cursor)
    except CursorError as error:
        raise Http404("This list has no such page.") from error
