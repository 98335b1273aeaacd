"""Rows of many columns as the driver gives them, read page by page: for exports.

The ORM makes an object of each value (a time is parsed, made aware and written again):
of 22 us a row that took 15. Here a column that needs work is converted as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from django.db import connection
from django.db.models import DateTimeField, Field, Func, JSONField, Model, Q, QuerySet
from django.db.models import TextField as Text
from django.db.models.functions import Cast

from tracker.domain.conversation.text.visible_text import no_formula
from tracker.reading.keyset import beyond
from tracker.reading.stored_times import from_stored

Column = Sequence[Any]
Place = str | Func  # a field's path, or an expression over the row
TEXT, TIME, JSON, PLAIN = "text", "time", "json", "plain"


class PlainRows:
    """The columns `places` of `rows`, in `order`, whose last field is unique."""

    def __init__(
        self, rows: QuerySet[Any], order: Sequence[str], places: Sequence[Place]
    ) -> None:
        self._rows, self._order = rows, tuple(order)
        self._width = len(self._order)
        names = (*self._order, *places)
        self._order_kinds = [_kind(rows.model, name) for name in self._order]
        self.kinds = tuple(_kind(rows.model, name) for name in places)
        self._asked = [_asked(rows.model, name) for name in names]

    def after(self, last: tuple[Any, ...], most: int) -> list[tuple[Any, ...]]:
        """The rows after `last`, the values of `order` of the row before; () at first.

        One query each for the rest of its moment, for the rest of its session and for
        what follows: joined with OR, they would use no index.
        """
        found: list[tuple[Any, ...]] = []
        for following in beyond(self._order, last) if last else [Q()]:
            page = self._rows.filter(following).order_by(*self._order)
            page = page.values_list(*self._asked)[: most - len(found)]
            sql, values = page.query.sql_with_params()
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                found += cursor.fetchall()
            if len(found) == most:
                break
        return found

    def place(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The `last` for the rows behind this one."""
        pairs = zip(row[: self._width], self._order_kinds, strict=True)
        return tuple(
            from_stored(value) if kind == TIME else value for value, kind in pairs
        )

    def columns(self, rows: list[tuple[Any, ...]]) -> Sequence[Column]:
        """Without those of `order`; [] for no rows."""
        found: list[Column] = list(zip(*rows, strict=True))
        return found[self._width :]


def for_csv(column: Column, kind: str) -> Column:
    """Times as ISO 8601, JSON as it is written compactly, text that no spreadsheet
    takes for a formula.
    """
    if kind == TEXT:
        return _each_once(column, _safe)
    if kind == TIME:
        return [None if value is None else _iso(value, "+00:00") for value in column]
    if kind == JSON:
        return [None if value is None else _compact(value) for value in column]
    return column


def for_json(column: Column, kind: str) -> Column:
    if kind == TIME:
        return [None if value is None else _iso(value, "Z") for value in column]
    if kind == JSON:
        return [None if value is None else _raw(value) for value in column]
    return column


def _each_once(column: Column, convert: Callable[[Any], Any]) -> Column:
    """Most columns of text hold few values many times."""
    known = {value: convert(value) for value in set(column)}
    return [known[value] for value in column]


def _safe(value: Any) -> Any:
    return no_formula(value) if isinstance(value, str) else value


def _iso(value: Any, zone: str) -> str:
    """SQLite keeps `2026-11-29 10:06:18.123456`, UTC; PostgreSQL gives a datetime."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return f"{value[:10]}T{value[11:]}{zone}"


def _raw(value: Any) -> Any:
    """SQLite gives JSON as text, PostgreSQL as psycopg was told to."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def _compact(value: Any) -> str:
    return no_formula(msgspec.json.encode(_raw(value)).decode())


@cache
def field_at(model: type[Model], path: str) -> Field[Any, Any]:
    """The field of `session__key`, seen from a sample."""
    found: Any = None
    for name in path.split("__"):
        field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
        found, model = field, field.related_model or model
    return found  # type: ignore[no-any-return]


def _kind(model: type[Model], path: Place) -> str:
    if not isinstance(path, str):
        return PLAIN
    field = field_at(model, path)
    if isinstance(field, DateTimeField):
        return TIME
    if isinstance(field, JSONField):
        return JSON
    return TEXT if field.get_internal_type() in ("CharField", "TextField") else PLAIN


def _asked(model: type[Model], path: Place) -> Any:
    """SQLite's driver parses a column that is declared a time; cast, it is a text."""
    if connection.vendor == "sqlite" and _kind(model, path) in (TIME, JSON):
        return Cast(path, Text())
    return path
