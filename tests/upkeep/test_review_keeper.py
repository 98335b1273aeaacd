"""Reviews of session files that a server makes after its answer, also a later one."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.ingest.compressing.test_due_reviews import BOTH, deferred, record, rows

__all__ = ["record"]


def test_what_is_due_is_reviewed_and_a_stop_leaves_the_rest(record: Any) -> None:
    from tracker.models import DueReview
    from tracker.upkeep.review_keeper import ReviewKeeper

    record(*map(deferred, BOTH))
    stopping = ReviewKeeper()
    stopping.stop()

    stopping.step()
    assert DueReview.objects.count() == 2

    ReviewKeeper().step()
    assert DueReview.objects.count() == 0
    assert all(row.score is not None for row in rows())


def test_a_fault_is_told_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tracker.upkeep import review_keeper

    def fails(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(review_keeper, "review_any", fails)
    with caplog.at_level(logging.ERROR):
        assert review_keeper.ReviewKeeper().step() == review_keeper.EVERY_SECONDS

    assert "Reviews wait" in caplog.text
