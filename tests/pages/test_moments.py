"""How times are written, before the browser puts them into the reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tracker.templatetags.budget_text import whole_percent
from tracker.templatetags.moments import ago, moment


def test_a_moment_of_another_year_says_which():
    now = timezone.now()

    assert ">8 Jun 2025, 10:47:11<" in moment(
        datetime(2025, 6, 8, 10, 47, 11, tzinfo=UTC), "day"
    )
    assert f">{now:%-d %b, %H:%M:%S}<" in moment(now, "day")


@pytest.mark.parametrize(
    ("passed", "short", "long"),
    [
        (timedelta(seconds=1), "now", "just now"),
        (timedelta(seconds=4), "4 s", "4 seconds ago"),
        (timedelta(minutes=1), "1 min", "1 minute ago"),
        (timedelta(hours=2), "2 h", "2 hours ago"),
        (timedelta(days=289), "289 d", "289 days ago"),
    ],
)
def test_an_age_is_short_in_tables_and_long_in_sentences(
    passed: timedelta, short: str, long: str
):
    at = datetime(2025, 6, 8, tzinfo=UTC)

    shown = [ago(at, at + passed), ago(at, at + passed, "long")]

    assert [text.replace("\u00a0", " ").split(">")[1] for text in shown] == [
        f"{short}</time",
        f"{long}</time",
    ]


def test_a_date_always_says_its_year():
    now = timezone.now()

    assert f">{now:%-d %b %Y}<" in moment(now, "date")


def test_a_score_in_percent_is_rounded_like_the_score():
    shown = [whole_percent(score) for score in (0.1, 0.1454, 0.1449, 0.29, 1.0)]

    assert [text.replace("\u00a0", " ") for text in shown] == [
        "10 %",
        "15 %",
        "14 %",
        "29 %",
        "100 %",
    ]
