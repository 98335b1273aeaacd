"""Pages of long lists by key, never by offset: page 500 costs what page 1 costs.

An order is written as Django writes it: `("-at", "-pk")` is newest first.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Q


class CursorError(ValueError):
    """A cursor that this list did not give out."""

    def __init__(self) -> None:
        super().__init__("not a cursor of this list")


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` of one page; `next` is the cursor of the following one, or None."""

    rows: list[Any]
    next: str | None


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a list. `order` names fields or annotations. The last one must be
    unique. None may be NULL within the stretch: NULL is neither before nor after
    anything, so such a row would be on no page.
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
        raise CursorError from error
    if not isinstance(values, list) or not values:
        raise CursorError
    return values


def beyond(order: Sequence[str], values: Sequence[Any]) -> Iterator[Q]:
    """What follows a row with these `values` in `order`, nearest first.

    For ("session", "-at") that is: the same session and an earlier time, then a larger
    session. Asked one by one, an index serves each; a list may join them with OR.
    """
    names = [name.removeprefix("-") for name in order]
    for depth in reversed(range(len(order))):
        same = dict(zip(names[:depth], values, strict=False))
        way = "lt" if order[depth].startswith("-") else "gt"
        yield Q(**same, **{f"{names[depth]}__{way}": values[depth]})


def keyset_page(
    phases: Sequence[Phase], *, cursor: str | None, limit: int, keep: object = None
) -> Page:
    """`limit` rows after `cursor`, through the phases in turn. Raises CursorError.

    `keep` travels in the cursor, for what later pages must remember (`kept_in`).
    """
    number, after = 0, None
    if cursor:
        values = decode_cursor(cursor)
        number, after = values[0], values[2:]
        if not isinstance(number, int) or not 0 <= number < len(phases):
            raise CursorError
    rows: list[tuple[int, Any]] = []
    while number < len(phases):
        found = _stretch(phases[number], after, limit + 1 - len(rows))
        rows += [(number, row) for row in found]
        if len(rows) > limit:
            number, last = rows[limit - 1]
            names = (name.removeprefix("-") for name in phases[number].order)
            values = [number, keep, *(getattr(last, name) for name in names)]
            return Page([row for _, row in rows[:limit]], encode_cursor(values))
        number, after = number + 1, None
    return Page([row for _, row in rows], None)


def kept_in(cursor: str) -> Any:
    """What `keyset_page` was told to `keep`. Raises CursorError."""
    values = decode_cursor(cursor)
    return values[1] if len(values) > 1 else None


def _stretch(phase: Phase, after: list[Any] | None, limit: int) -> list[Any]:
    rows = phase.rows.order_by(*phase.order)
    if after is not None:
        values = _values(phase, after)
        first = phase.order[0].removeprefix("-")
        way = "lte" if phase.order[0].startswith("-") else "gte"
        # Redundant, but with it the database uses an index on the first field.
        rows = rows.filter(
            Q(**{f"{first}__{way}": values[0]})
            & reduce(or_, beyond(phase.order, values))
        )
    return list(rows[:limit])


def _values(phase: Phase, after: list[Any]) -> list[Any]:
    """A cursor comes from outside: each value must be one that its field can hold."""
    if len(after) != len(phase.order):
        raise CursorError
    try:
        return [
            _checked(_field(phase.rows, name.removeprefix("-")).to_python(value))
            for name, value in zip(phase.order, after, strict=True)
        ]
    except Exception as error:  # each field refuses in its own way
        raise CursorError from error


def _field(rows: models.QuerySet[Any], name: str) -> Any:
    if name in rows.query.annotations:
        return rows.query.annotations[name].output_field
    meta = rows.model._meta
    return meta.pk if name == "pk" else meta.get_field(name)


def _checked(value: Any) -> Any:
    """Raises ValueError for what no row holds. A NUL would otherwise be an
    error of the database, and so a 500.
    """
    if value is None:
        raise ValueError("a cursor holds no None")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a cursor holds no NUL")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a cursor's numbers are finite")
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a cursor's times know their zone")
    return value.astimezone(UTC)
