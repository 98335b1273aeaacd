"""A helper's call is known by the request before it, whenever that one comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.ingest.judging.reported_text import START, Door, cut
from tests.ingest.judging.usage.test_plausibility import BIG, SMALL, said
from tracker.domain.reports import UsageReport
from tracker.models import LLMSession, Project, SessionLane, UsageSample

TALK = [(50_000, BIG), (900, SMALL), (51_000, BIG), (800, SMALL)]


def at(second: float, used: int, **more: Any) -> UsageReport:
    when = START + timedelta(seconds=second)
    return said(used, at=when, event_id=f"e{second}", **more)


def state() -> tuple[int, str, list[tuple[int, str]]]:
    """What the session shows, and its samples' marks in time's order."""
    from tracker.upkeep.verifying import verify

    assert [str(wrong) for wrong in verify()] == []
    session = LLMSession.objects.get(key="chat")
    rows = UsageSample.objects.order_by("at").values_list("used_tokens", "implausible")
    return session.used_tokens, session.model, list(rows)


@pytest.mark.parametrize(
    ("order", "at_once"),
    [
        *[(order, False) for order in permutations(range(4)) if order[0] % 2],
        ((3, 2, 1, 0), True),
    ],
)
def test_in_any_order_the_same_calls_are_helpers(
    door: Door, order: Sequence[int], at_once: bool
) -> None:
    reports = [at(n, used, model=model) for n, (used, model) in enumerate(TALK)]
    sent = [reports[n] for n in order]
    for group in [sent] if at_once else [[report] for report in sent]:
        door(*group)

    helper = "helper_call"
    marks = [(50_000, ""), (900, helper), (51_000, ""), (800, helper)]
    assert state() == (51_000, BIG, marks)
    project = Project.objects.get()
    assert (project.ok_count, project.critical_count) == (1, 0)


def test_the_gauge_goes_back_to_the_request_before_the_helpers(door: Door) -> None:
    door(at(5, 900, model=SMALL))
    assert LLMSession.objects.get().used_tokens == 900

    door(at(1, 170_000))

    assert state() == (170_000, BIG, [(170_000, ""), (900, "helper_call")])
    assert LLMSession.objects.get().level == "compress"
    door(at(9, 171_000))  # and goes on from there
    assert state()[0] == 171_000


def test_what_was_compressed_between_is_no_helper(door: Door) -> None:
    door(at(5, 9_000, model=SMALL))
    door(cut(before_tokens=60_000, at=START + timedelta(seconds=3), sets_gauge=True))

    door(at(1, 60_000))

    assert [mark for _, mark in state()[2]] == ["", ""]


def test_a_reader_s_own_marks_stand(door: Door) -> None:
    mark = {"implausible": "helper_call", "origin": "claude_code"}
    door(at(1, 50_000, origin="claude_code"), at(5, 45_000, model=SMALL, **mark))

    door(at(3, 50_500, origin="claude_code"))

    assert [mark for _, mark in state()[2]] == ["", "", "helper_call"]


def test_a_lane_has_its_own_marks(door: Door) -> None:
    door(at(9, 100))
    door(at(5, 900, model=SMALL, lane="explore"))

    door(at(1, 50_000, lane="explore"))

    lane = SessionLane.objects.get(name="explore")
    assert (lane.used_tokens, lane.model) == (50_000, BIG)
    assert LLMSession.objects.get().used_tokens == 100


def test_a_late_empty_answer_is_marked(door: Door) -> None:
    door(at(5, 900))
    door(at(1, 0))

    assert state() == (900, BIG, [(0, "zero_input"), (900, "")])
