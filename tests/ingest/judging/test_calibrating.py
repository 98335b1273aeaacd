"""What reported usage teaches of counted text, and whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.judging.reported_text import Door, reported, text
from tracker.domain.reports import Parts
from tracker.models import Comparison, LearntCalibration, LLMSession, UsageSample


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

    # Not 21,200, as its own would have predicted: what the provider said stands.
    assert answer.budget.used_tokens == 21_000


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


def test_the_caller_s_own_count_is_compared_but_teaches_nothing(door: Door) -> None:
    door(reported(1_000, 21_000, counter=""))

    assert not LearntCalibration.objects.exists()
    last = Comparison.objects.get()
    assert (last.counted, last.reported_tokens) == (Parts(history=1_000), 21_000)


def test_text_without_any_token_is_left_alone(door: Door) -> None:
    door(reported(0, 21_000))

    assert not LearntCalibration.objects.exists()
    assert not Comparison.objects.exists()


def test_a_prediction_never_leaves_the_numbers_a_window_can_have(door: Door) -> None:
    door(reported(10**9, 10**12))

    down, up = door(text(1), text(10**12))

    assert 0 <= down.budget.used_tokens <= 10**12
    assert up.budget.used_tokens == 10**12
