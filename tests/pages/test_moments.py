"""How a moment is written, before the browser puts it into the reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from tracker.templatetags.budget_text import moment


def test_a_moment_of_another_year_says_which():
    now = timezone.now()

    assert ">8 Jun 2025, 10:47:11<" in moment(
        datetime(2025, 6, 8, 10, 47, 11, tzinfo=UTC), "day"
    )
    assert f">{now:%-d %b, %H:%M:%S}<" in moment(now, "day")
