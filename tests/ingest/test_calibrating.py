"""Reported usage corrects what is counted here, whichever way the reports come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tracker.domain.reports import CompressionReport, Parts, UsageReport, attribute
from tracker.ingest.arrivals import Arrival, Outcome
from tracker.ingest.record import Recorder
from tracker.models import Comparison, LearntCalibration, LLMSession, UsageSample

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
COUNTER = "characters / 3.5"


def text(history: int, **more: Any) -> UsageReport:
    """A report of text alone, estimated here."""
    counted = Parts(history=history)
    given = {"session": "chat", "model": "claude-sonnet-4-5", "counter": COUNTER}
    return UsageReport(
        used_tokens=history, parts=counted, source="estimated",
        parts_source="estimated", counted=counted, **(given | more),
    )  # fmt: skip


def reported(history: int, used: int, **more: Any) -> UsageReport:
    """A report of text and the provider's number."""
    counted = Parts(history=history)
    given = {"session": "chat", "model": "claude-sonnet-4-5", "counter": COUNTER}
    return UsageReport(
        used_tokens=used, parts=attribute(used, counted), source="reported",
        parts_source="estimated", input_tokens=used, counted=counted, **(given | more),
    )  # fmt: skip


def cut(**more: Any) -> CompressionReport:
    given = {"session": "chat", "before_tokens": 26_000, "after_tokens": 9_000}
    return CompressionReport(**(given | more))


class Door:
    """Records reports one after the other, a minute apart."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.recorder = Recorder()
        self.minutes = 0

    def __call__(self, *reports: UsageReport | CompressionReport) -> list[Outcome]:
        self.minutes += 1
        now = START + timedelta(minutes=self.minutes)
        arrivals = [Arrival(self.project.pk, report, now) for report in reports]
        answers = self.recorder.record(arrivals)
        assert all(isinstance(answer, Outcome) for answer in answers)
        return answers  # type: ignore[return-value]  # just asserted


@pytest.fixture
def door(project: Any) -> Door:
    return Door(project)


def test_text_alone_is_the_last_report_plus_what_is_new(door: Door) -> None:
    door(reported(1_000, 21_000))

    (answer,) = door(text(1_500))

    assert answer.budget.used_tokens == 21_500
    assert answer.budget.source == "estimated"
    assert answer.budget.parts == Parts(history=1_500, unattributed=20_000)
    sample = UsageSample.objects.latest("pk")
    assert (sample.used_tokens, sample.source) == (21_500, "estimated")
    assert LLMSession.objects.get().used_tokens == 21_500


def test_the_gain_is_learnt_and_survives_a_restart(door: Door, project: Any) -> None:
    for turn in range(1, 30):
        door(reported(2_000 * turn, 15_000 + 2_600 * turn))

    restarted = Door(project)
    restarted.minutes = 40
    (answer,) = restarted(text(2_000 * 29 + 10_000))

    assert answer.budget.used_tokens == pytest.approx(15_000 + 2_600 * 34, rel=0.005)
    learnt = LearntCalibration.objects.get().calibration()
    assert learnt.gain == pytest.approx(1.3, rel=0.03)
    assert learnt.samples == 29
    assert learnt.error is not None and learnt.error < 0.01


def test_an_anchor_is_its_session_s_and_its_lane_s_own(door: Door) -> None:
    door(reported(1_000, 21_000))

    own, other, lane = door(
        text(1_000), text(1_000, session="other"), text(1_000, lane="explore")
    )

    assert own.budget.used_tokens == 21_000
    assert other.budget.used_tokens == 1_000
    assert lane.budget.used_tokens == 1_000


@pytest.mark.parametrize(
    ("sessions", "used"), [(2, 1_000), (3, 21_000)], ids=["two starts", "three starts"]
)
def test_a_new_session_begins_with_the_overhead_of_three_others(
    door: Door, sessions: int, used: int
) -> None:
    for number in range(sessions):
        door(reported(1_000, 21_000, session=f"s{number}"))

    (answer,) = door(text(1_000, session="new"))

    assert answer.budget.used_tokens == used


@pytest.mark.parametrize(
    "other", [{"model": "gpt-5"}, {"counter": "o200k_base × 1.18"}]
)
def test_another_model_or_counter_has_learnt_nothing_yet(
    door: Door, other: dict[str, str]
) -> None:
    door(reported(1_000, 21_000))

    (answer,) = door(text(1_200, **other))

    assert answer.budget.used_tokens == 1_200


def test_all_spellings_of_a_model_learn_together(door: Door) -> None:
    door(reported(1_000, 21_000, model="us.anthropic.claude-sonnet-4-5-20250929-v1:0"))

    (answer,) = door(text(1_200, model="anthropic/claude-sonnet-4.5"))

    assert answer.budget.used_tokens == 21_200


def test_another_project_learns_for_itself(door: Door, django_user_model: Any) -> None:
    from tracker.models import Project

    for number in range(3):
        door(reported(1_000, 21_000, session=f"s{number}"))
    stranger = Door(Project.objects.create(slug="legal", name="Legal"))

    (answer,) = stranger(text(1_000))

    assert answer.budget.used_tokens == 1_000


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


def test_the_caller_s_own_count_is_compared_but_teaches_nothing(door: Door) -> None:
    door(reported(1_000, 21_000, counter=""))

    assert not LearntCalibration.objects.exists()
    last = Comparison.objects.get()
    assert (last.counted, last.reported_tokens) == (Parts(history=1_000), 21_000)


def test_text_without_any_token_is_left_alone(door: Door) -> None:
    door(reported(0, 21_000))

    assert not LearntCalibration.objects.exists()
    assert not Comparison.objects.exists()


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


def test_a_prediction_never_leaves_the_numbers_a_window_can_have(door: Door) -> None:
    door(reported(10**9, 10**12))

    down, up = door(text(1), text(10**12))

    assert 0 <= down.budget.used_tokens <= 10**12
    assert up.budget.used_tokens == 10**12


def test_reports_without_text_cost_no_query(door: Door) -> None:
    def plain(used: int, source: str) -> UsageReport:
        return UsageReport(
            session="plain", used_tokens=used, parts=Parts(history=used), source=source
        )

    door(plain(1_000, "counted"))
    with CaptureQueriesContext(connection) as queries:
        door(plain(2_000, "counted"), plain(3_000, "reported"))

    tables = ("tracker_comparison", "tracker_learntcalibration")
    assert not any(name in q["sql"] for q in queries for name in tables)


def test_a_group_s_sessions_are_read_in_one_query(door: Door, project: Any) -> None:
    sessions = [f"s{number}" for number in range(20)]
    door(*(reported(1_000, 21_000, session=name) for name in sessions))
    restarted = Door(project)
    restarted.minutes = 10

    with CaptureQueriesContext(connection) as queries:
        answers = restarted(*(text(1_100, session=name) for name in sessions))

    assert {a.budget.used_tokens for a in answers} == {21_100}
    reads = [q for q in queries if '"tracker_comparison"' in q["sql"]]
    assert len(reads) == 1


def test_what_is_remembered_of_lanes_is_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest import calibrating

    monkeypatch.setattr(calibrating, "CACHED_LANES", 1)
    door(reported(1_000, 21_000), reported(1_000, 31_000, session="other"))

    assert not door.recorder._calibrating._lanes
    first, second = door(text(1_100), text(1_100, session="other"))
    assert (first.budget.used_tokens, second.budget.used_tokens) == (21_100, 31_100)
