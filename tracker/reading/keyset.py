"""Pages of long lists by key, never by offset: page 500 costs what page 1 costs."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Q


class CursorError(ValueError):
    """A cursor this list did not give out."""


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` of one page; `next` is the cursor of the following one, or None."""

    rows: list[Any]
    next: str | None


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a list. `order` are field names, newest or fullest first; the
    last must be unique, none may hold NULL within the stretch.
    """

    rows: models.QuerySet[Any]
    order: tuple[str, ...]


def encode_cursor(values: Sequence[object]) -> str:
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    text = json.dumps(plain, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The values of a cursor. Raises CursorError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise CursorError("not a cursor of this list") from error
    if not isinstance(values, list) or not values:
        raise CursorError("not a cursor of this list")
    return values


def keyset_page(
    phases: Sequence[Phase], *, cursor: str | None, limit: int, keep: object = None
) -> Page:
    """`limit` rows after `cursor`, through the phases in turn. Raises CursorError.

    `keep` travels in the cursor, for what later pages must remember.
    """
    number, after = 0, None
    if cursor:
        values = decode_cursor(cursor)
        number, after = values[0], values[2:]
        if not isinstance(number, int) or not 0 <= number < len(phases):
            raise CursorError("not a cursor of this list")
    rows: list[tuple[int, Any]] = []
    while number < len(phases):
        found = _stretch(phases[number], after, limit + 1 - len(rows))
        rows += [(number, row) for row in found]
        if len(rows) > limit:
            return _cut(phases, rows, limit, keep)
        number, after = number + 1, None
    return Page([row for _, row in rows], None)


def _stretch(phase: Phase, after: list[Any] | None, limit: int) -> list[Any]:
    rows = phase.rows.order_by(*(f"-{name}" for name in phase.order))
    if after is not None:
        rows = rows.filter(_beyond(phase, after))
    return list(rows[:limit])


def _beyond(phase: Phase, after: list[Any]) -> Q:
    """(a, b) < (x, y), written so that an index on a serves it."""
    if len(after) != len(phase.order):
        raise CursorError("not a cursor of this list")
    meta = phase.rows.model._meta
    fields = [meta.pk if n == "pk" else meta.get_field(n) for n in phase.order]
    try:
        values = [
            _in_utc(field.to_python(value))
            for field, value in zip(fields, after, strict=True)
        ]
    except Exception as error:
        raise CursorError("not a cursor of this list") from error
    found, equal = Q(), Q()
    for name, value in zip(phase.order, values, strict=True):
        found |= equal & Q(**{f"{name}__lt": value})
        equal &= Q(**{name: value})
    return Q(**{f"{phase.order[0]}__lte": values[0]}) & found


def _in_utc(value: Any) -> Any:
    """Raises ValueError for what no row holds: None, a time without its zone."""
    if value is None:
        raise ValueError("a cursor holds no None")
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a cursor's times know their zone")
    return value.astimezone(UTC)


def _cut(
    phases: Sequence[Phase], rows: list[tuple[int, Any]], limit: int, keep: object
) -> Page:
    number, last = rows[limit - 1]
    values = [getattr(last, name) for name in phases[number].order]
    cursor = encode_cursor([number, keep, *values])
    return Page([row for _, row in rows[:limit]], cursor)
