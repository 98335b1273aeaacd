"""Rows as the driver gives them, and the same values as the ORM's in every kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.reading.plain_rows import TEXT, TIME, PlainRows, for_csv, for_json

PLACES = ("id", "key", "title", "first_at", "last_at", "metadata", "used_ratio")
AT = datetime(2026, 11, 22, 10, 0, 0, 120_000, tzinfo=UTC)


@pytest.fixture
def sessions(project: Any) -> Any:
    from tracker.models import LLMSession

    for number in range(5):
        LLMSession.objects.create(
            project=project,
            key=f"=s{number}",
            title="Ä\n",
            first_at=AT.replace(microsecond=0),
            last_at=None if number == 3 else AT,
            metadata={"team": f"t{number}"},
            used_ratio=number / 3,
            created_at=AT,
        )
    return LLMSession.objects.filter(project=project)


def all_rows(source: PlainRows, most: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    last: tuple[Any, ...] = ()
    while page := source.after(last, most):
        found += page
        last = source.place(page[-1])
    return found


def test_pages_hold_every_row_once_with_the_values_of_the_orm(sessions: Any) -> None:
    source = PlainRows(sessions, ("first_at", "pk"), PLACES)

    rows = all_rows(source, most=2)
    columns = [
        for_json(*pair) for pair in zip(source.columns(rows), source.kinds, strict=True)
    ]

    found = [dict(zip(PLACES, row, strict=True)) for row in zip(*columns, strict=True)]
    for each in found:
        for name in ("first_at", "last_at"):
            each[name] = each[name] and datetime.fromisoformat(each[name])
    assert found == list(sessions.order_by("first_at", "pk").values(*PLACES))


def test_in_csv_no_text_is_a_formula_and_times_are_iso_8601(sessions: Any) -> None:
    source = PlainRows(sessions, ("pk",), PLACES)
    rows = all_rows(source, most=100)

    columns = dict(zip(PLACES, source.columns(rows), strict=True))
    kinds = dict(zip(PLACES, source.kinds, strict=True))
    csv = {name: for_csv(columns[name], kinds[name]) for name in PLACES}

    assert csv["key"][0] == "'=s0"
    assert csv["first_at"][0] == "2026-11-22T10:00:00+00:00"
    assert csv["last_at"][0] == "2026-11-22T10:00:00.120000+00:00"
    assert csv["last_at"][3] is None
    assert json.loads(csv["metadata"][1]) == {"team": "t1"}


def test_times_of_postgresql_read_the_same() -> None:
    assert for_csv([AT, None], TIME) == ["2026-11-22T10:00:00.120000+00:00", None]
    assert for_json([AT], TIME) == ["2026-11-22T10:00:00.120000Z"]
    assert for_csv(["+1", None, "a"], TEXT) == ["'+1", None, "a"]


def test_nothing_has_no_columns(sessions: Any) -> None:
    source = PlainRows(sessions.filter(pk=0), ("pk",), PLACES)

    assert source.after((), 10) == []
    assert list(source.columns([])) == []
