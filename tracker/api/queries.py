"""Reads the query string: numbers, times and names. Raises BodyError for the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from tracker.sources.body_errors import BodyError
from tracker.sources.native import utc

LIMIT, MOST = 50, 500
LONGEST_SEARCH = 255  # characters, as on the pages
DIGITS = 19  # of the largest id


def check_names(request: HttpRequest, *known: str) -> None:
    """Refuse unknown parameters: a typo in a filter must not answer everything."""
    for name in request.GET:
        if name not in known:
            takes = f"known: {', '.join(known)}" if known else "this address takes none"
            raise BodyError(name, f"is not a parameter here; {takes}")
        if "\0" in request.GET[name]:  # PostgreSQL would refuse it
            raise BodyError(name, "must not contain NUL characters")


def search(request: HttpRequest, name: str) -> str:
    found = request.GET.get(name, "")
    if len(found) > LONGEST_SEARCH:
        raise BodyError(name, f"must have at most {LONGEST_SEARCH} characters")
    return found


def integer(
    request: HttpRequest, name: str, *, default: int, least: int = 1, most: int = MOST
) -> int:
    text = request.GET.get(name)
    if text is None:
        return default
    # `int` raises for thousands of digits.
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS
    if not is_number or not least <= int(text) <= most:
        raise BodyError(name, f"must be a whole number from {least:,} to {most:,}")
    return int(text)


def time(request: HttpRequest, name: str) -> datetime | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        # A + in a query string is decoded to a space.
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BodyError(name, "must be a time with its zone, like 2026-11-22T10:00:00Z")
    try:
        return utc(found)
    except BodyError as error:
        raise BodyError(name, error.message) from error


def choice(request: HttpRequest, name: str, known: Any, *, default: str = "") -> str:
    found = request.GET.get(name, default)
    if found and found not in known:
        raise BodyError(name, f"must be one of {', '.join(known)}")
    return str(found)
