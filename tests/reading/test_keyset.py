"""Every row is on one page and on no other, in every order; bad cursors are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import F, IntegerField, Value
from django.db.models.functions import Coalesce

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
ORDERS = [
    ("-pk",),
    ("-last_at", "-pk"),
    ("title", "-last_at", "-pk"),
    ("counted", "-pk"),
    ("-half", "key"),
]


@pytest.fixture
def rows(project: Any) -> Any:
    """Nine sessions with equal titles, times and numbers among them."""
    from tracker.models import LLMSession

    for n in range(9):
        LLMSession.objects.create(
            project=project,
            key=f"s{n}",
            title=f"title {n % 2}",
            last_at=AT.replace(minute=n % 3),
            message_count=n % 4 or None,
            used_ratio=n / 3,
            created_at=AT,
        )
    counted = Coalesce("message_count", Value(-1), output_field=IntegerField())
    return LLMSession.objects.annotate(counted=counted, half=F("used_ratio") / 2)


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
@pytest.mark.parametrize("limit", [1, 2, 4, 9, 20])
def test_pages_hold_every_row_once(
    rows: Any, order: tuple[str, ...], limit: int
) -> None:
    from tracker.reading.keyset import Phase, keyset_page

    seen, cursor = [], None
    while True:
        page = keyset_page([Phase(rows, order)], cursor=cursor, limit=limit)
        seen += [row.pk for row in page.rows]
        assert len(page.rows) <= limit
        if page.next is None:
            break
        cursor = page.next

    assert seen == [row.pk for row in rows.order_by(*order)]


def test_a_list_goes_on_in_its_next_phase(rows: Any) -> None:
    from tracker.reading.keyset import Phase, kept_in, keyset_page

    phases = [
        Phase(rows.filter(title="title 1"), ("-pk",)),
        Phase(rows.filter(title="title 0"), ("key",)),
    ]
    first = keyset_page(phases, cursor=None, limit=5, keep="border")
    second = keyset_page(phases, cursor=first.next, limit=5)

    assert first.next is not None and second.next is None
    assert kept_in(first.next) == "border"
    found = [row.key for row in (*first.rows, *second.rows)]
    assert found == ["s7", "s5", "s3", "s1", "s0", "s2", "s4", "s6", "s8"]


@pytest.mark.parametrize(
    "values",
    [
        [0, None],
        [0, None, 1],
        [1, None, "t", "2026-11-22T10:00:00+00:00", 1],
        ["0", None, "t", "2026-11-22T10:00:00+00:00", 1],
        [0, None, "t", "2026-11-22T10:00:00", 1],
        [0, None, "t", "yesterday", 1],
        [0, None, None, "2026-11-22T10:00:00+00:00", 1],
        [0, None, "a\0b", "2026-11-22T10:00:00+00:00", 1],
        [0, None, "t", "2026-11-22T10:00:00+00:00", "one"],
        {"a": 1},
        [],
    ],
)
def test_a_cursor_the_list_did_not_give_is_refused(rows: Any, values: Any) -> None:
    from tracker.reading.keyset import CursorError, Phase, encode_cursor, keyset_page

    phase = Phase(rows, ("title", "-last_at", "-pk"))
    with pytest.raises(CursorError):
        keyset_page([phase], cursor=encode_cursor(values), limit=1)


def test_a_number_that_is_none_is_refused(rows: Any) -> None:
    from tracker.reading.keyset import CursorError, Phase, encode_cursor, keyset_page

    phase = Phase(rows, ("-half", "-pk"))
    for number in (float("nan"), float("inf")):
        with pytest.raises(CursorError):
            cursor = encode_cursor([0, None, number, 1])
            keyset_page([phase], cursor=cursor, limit=1)
    for text in ("é", "a", "W10", "bm8"):
        with pytest.raises(CursorError):
            keyset_page([phase], cursor=text, limit=1)


@pytest.mark.parametrize("order", [("counted", "-pk"), ("-pk", "counted")])
def test_nothing_is_beyond_a_number_that_no_row_reaches(rows: Any, order: Any) -> None:
    from tracker.reading.keyset import Page, Phase, encode_cursor, keyset_page

    most = -(2**70) if order[0].startswith("-") else 2**70
    cursor = encode_cursor([0, None, most, most])

    assert keyset_page([Phase(rows, order)], cursor=cursor, limit=1) == Page([], None)


def test_what_follows_comes_nearest_first() -> None:
    from django.db.models import Q

    from tracker.reading.keyset import beyond

    assert list(beyond(("session_id", "-at", "pk"), (7, AT, 3))) == [
        Q(session_id=7, at=AT, pk__gt=3),
        Q(session_id=7, at__lt=AT),
        Q(session_id__gt=7),
    ]
