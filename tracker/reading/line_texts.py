"""A row's line of CSV or NDJSON, written by the database itself.

Python made 33 values of each sample and a text of them again: of 17 us a row that took
11. Here one text comes, with the bytes that `plain_rows` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Model,
    TextField,
)

from tracker.reading.plain_rows import field_at

CSV, NDJSON = "csv", "ndjson"
_NUMBERS = (BigAutoField, BigIntegerField, IntegerField)
# A float and JSON have other texts in Python than in SQLite and PostgreSQL.
_WRITTEN_ALIKE = (*_NUMBERS, BooleanField, CharField, DateTimeField, TextField)
# The lengths of fields that hold words of ours alone (a level, a source): they need no
# look for quotes, a third of a line's time. A client's text has 64 and more.
_OUR_WORDS = range(1, 21)
# What csv puts in quotes, and what a spreadsheet takes for a formula (`no_formula`).
_QUOTED = ',"\r\n'
_FORMULA = "=+@\t\r\n＝＋－＠-"  # noqa: RUF001  # the full-width forms, too


class LineText(Func):
    """One row as text without its line's end. A row {"id": 1, "model": "a,b"} is
    `1,"a,b"` or `{"id":1,"model":"a,b"}`.
    """

    output_field = TextField()

    def __init__(self, form: str, names: Sequence[str], fields: Sequence[Any]) -> None:
        super().__init__(*(F(path) for path, _ in fields))
        self._form, self._names = form, names
        self._fields = [field for _, field in fields]

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **_: Any
    ) -> tuple[str, list[Any]]:
        columns = [compiler.compile(each)[0] for each in self.get_source_expressions()]
        pairs = list(zip(columns, self._fields, strict=True))
        is_sqlite = connection.vendor == "sqlite"
        if self._form == CSV:
            form = ",".join(["%%s"] * len(pairs))
            cells = [_csv_cell(*pair, is_sqlite=is_sqlite) for pair in pairs]
        elif is_sqlite:
            cells = [_sqlite_json(*pair) for pair in pairs]
            named = zip(self._names, cells, strict=True)
            members = ", ".join(f"'{name}', {cell}" for name, cell in named)
            return f"json_object({members})", []
        else:
            form = "{" + ",".join(f'"{name}":%%s' for name in self._names) + "}"
            cells = [_postgresql_json(*pair) for pair in pairs]
        function = "printf" if is_sqlite else "format"
        return f"{function}('{form}', {', '.join(cells)})", []


def line_text(
    form: str, model: type[Model], columns: Sequence[tuple[str, str]]
) -> LineText | None:
    """`columns`: pairs of a name and a field's path. None where Python must write."""
    fields = [(path, field_at(model, path)) for _, path in columns]
    if not all(isinstance(field, _WRITTEN_ALIKE) for _, field in fields):
        return None
    return LineText(form, [name for name, _ in columns], fields)


def _csv_cell(column: str, field: Any, *, is_sqlite: bool) -> str:
    if isinstance(field, BooleanField):
        return f"CASE WHEN {column} THEN 'True' ELSE 'False' END"
    if isinstance(field, DateTimeField):
        return _time(column, "+00:00", is_sqlite=is_sqlite)
    if isinstance(field, _NUMBERS) or field.max_length in _OUR_WORDS:
        return column
    if is_sqlite:
        is_formula = f"{column} GLOB '[{_FORMULA}]*'"
        is_quoted = f"{column} GLOB '*[{_QUOTED}]*'"
    else:
        is_formula = f"{column} ~ '^[{_FORMULA}]'"
        is_quoted = f"{column} ~ '[{_QUOTED}]'"
    mark = f"CASE WHEN {is_formula} THEN '''' ELSE '' END"
    return (
        f"CASE WHEN {is_quoted} "
        f"THEN '\"' || {mark} || replace({column}, '\"', '\"\"') || '\"' "
        f"WHEN {is_formula} THEN '''' || {column} ELSE {column} END"
    )


def _sqlite_json(column: str, field: Any) -> str:
    if isinstance(field, BooleanField):
        return f"json(CASE WHEN {column} THEN 'true' ELSE 'false' END)"
    if isinstance(field, DateTimeField):
        return _time(column, "Z", is_sqlite=True)
    return column


def _postgresql_json(column: str, field: Any) -> str:
    if isinstance(field, DateTimeField):
        column = _time(column, "Z", is_sqlite=False)
    return f"coalesce(to_json({column})::text, 'null')"


def _time(column: str, zone: str, *, is_sqlite: bool) -> str:
    """SQLite keeps `2026-11-29 10:06:18.123456`, UTC, and leaves out `.000000`."""
    if is_sqlite:
        return f"substr({column}, 1, 10) || 'T' || substr({column}, 12) || '{zone}'"
    at = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({at}, '.000000', '') || '{zone}'"
