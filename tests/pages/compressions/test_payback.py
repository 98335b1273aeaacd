"""The page says what the provider's cache cost, and when the compression has paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def calls() -> Any:
    """`calls(row, 110_000, 0, 0)`: a call a second, by what its cache wrote."""
    from tracker.models import UsageSample

    def make(row: Any, *written: int | None, source: str = "reported") -> None:
        for at, tokens in enumerate(written, start=1):
            sample = UsageSample.objects.filter(session=row.session).first()
            sample.pk = None
            sample.at = row.at + timedelta(seconds=at)
            sample.event_id = f"call {row.pk} {at}"
            sample.cache_creation_tokens, sample.source = tokens, source
            sample.save(force_insert=True)

    return make


@pytest.fixture
def row(make_session: Any, make_compression: Any) -> Any:
    session = make_session("s", ago=900)
    return make_compression(
        session, ago=800, before_tokens=167_000, after_tokens=113_000
    )


def test_it_has_paid_after_enough_calls(member: Any, row: Any, calls: Any) -> None:
    calls(row, 110_000, *[300] * 29)

    page = member.get(f"/compressions/{row.pk}/")

    found = page.context["payback"]
    assert (found.freed_tokens, found.written_tokens) == (54_000, 110_000)
    assert (found.calls, found.needed, found.has_paid) == (30, 24, True)
    assert found.gain_tokens == 35_500
    assert "paid back after 24 calls" in page.content.decode()
    assert "saved 35,500" in page.content.decode()


def test_until_then_it_says_how_many_are_needed(
    member: Any, row: Any, calls: Any
) -> None:
    calls(row, 110_000)

    page = member.get(f"/compressions/{row.pk}/")

    assert not page.context["payback"].has_paid
    assert page.context["payback"].gain_tokens < 0
    assert "is paid back after 24 calls; 1 has come so far" in page.content.decode()


def test_calls_after_the_next_compression_do_not_count(
    member: Any, row: Any, calls: Any, make_compression: Any
) -> None:
    calls(row, 110_000, 0, 0, 0)
    make_compression(row.session, ago=798)

    page = member.get(f"/compressions/{row.pk}/")

    assert page.context["payback"].calls == 2


@pytest.mark.parametrize("written", [(), (None, 5)])
def test_nothing_is_guessed_where_no_provider_said_it(
    member: Any, row: Any, calls: Any, written: tuple[int | None, ...]
) -> None:
    calls(row, *written)

    page = member.get(f"/compressions/{row.pk}/")

    assert page.context["payback"] is None
    assert "paid back" not in page.content.decode()


def test_what_freed_nothing_cannot_pay(
    member: Any, make_session: Any, make_compression: Any, calls: Any
) -> None:
    session = make_session("s", ago=900)
    row = make_compression(session, ago=800, before_tokens=10, after_tokens=20)
    calls(row, 20)

    page = member.get(f"/compressions/{row.pk}/")

    assert "Nothing was freed, so it never pays off" in page.content.decode()


def test_advice_wrote_nothing(
    member: Any, make_session: Any, make_compression: Any, calls: Any
) -> None:
    row = make_compression(make_session("s", ago=900), ago=800, is_advice=True)
    calls(row, 20)

    assert member.get(f"/compressions/{row.pk}/").context["payback"] is None
