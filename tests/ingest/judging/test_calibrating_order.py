"""Late, repeated and failed reports teach nothing; a compression takes the anchor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.judging.reported_text import START, Door, cut, reported, text
from tracker.domain.reports import CompressionReport
from tracker.models import Comparison, LearntCalibration


@pytest.mark.parametrize(
    ("compression", "used"),
    [(cut(), 700), (cut(is_advice=True), 20_700)],
    ids=["applied", "advice alone"],
)
def test_a_compression_takes_the_anchor_away(
    door: Door, compression: CompressionReport, used: int
) -> None:
    door(reported(1_000, 21_000))
    door(compression)

    (answer,) = door(text(700))

    assert answer.budget.used_tokens == used


def test_a_compression_told_late_leaves_a_newer_anchor(door: Door) -> None:
    door(reported(1_000, 21_000))
    door(cut(at=START - timedelta(hours=1)))

    (answer,) = door(text(1_100))

    assert answer.budget.used_tokens == 21_100


def test_after_a_restart_a_compression_still_finds_the_anchor(
    door: Door, project: Any
) -> None:
    door(reported(1_000, 21_000))
    restarted = Door(project)
    restarted.minutes = 10
    restarted(cut())

    assert Comparison.objects.get().is_anchor is False


def test_a_late_report_neither_learns_nor_teaches(door: Door) -> None:
    door(reported(1_000, 21_000))
    early = START - timedelta(hours=1)

    late_text, late_usage = door(text(900, at=early), reported(500, 90_000, at=early))
    (answer,) = door(text(1_100))

    assert late_text.budget.used_tokens == 900
    assert late_usage.is_late
    assert answer.budget.used_tokens == 21_100
    assert LearntCalibration.objects.get().calibration().samples == 1


def test_a_repeated_report_teaches_once(door: Door) -> None:
    door(reported(1_000, 21_000, event_id="e1"))
    door(reported(1_000, 21_000, event_id="e1"))

    assert LearntCalibration.objects.get().calibration().samples == 1


def test_a_group_learns_in_the_order_of_its_reports(door: Door) -> None:
    *_, answer = door(
        text(1_000), reported(1_000, 21_000), reported(2_000, 22_000), text(2_500)
    )

    assert answer.budget.used_tokens == 22_500
    assert LearntCalibration.objects.get().calibration().samples == 2


def test_a_group_that_fails_teaches_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door(reported(1_000, 21_000))

    def break_down(*args: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(type(door.recorder._calibrating), "write", break_down)
    with pytest.raises(RuntimeError):
        door(reported(2_000, 50_000))
    monkeypatch.undo()
    (answer,) = door(text(1_100))

    assert answer.budget.used_tokens == 21_100
    assert LearntCalibration.objects.get().calibration().samples == 1
