"""Reports that no gauge follows, and counts that a provider's number outweighs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.judging.reported_text import Door, cut, reported, text
from tracker.domain.reports import Parts, UsageReport
from tracker.models import Compression, LLMSession, ThresholdEvent, UsageSample

BIG, SMALL = "claude-opus-4-5", "claude-haiku-4-5"


def said(used: int, **more: Any) -> UsageReport:
    """What a provider said of one request, without its text."""
    given = {"session": "chat", "model": BIG, "input_tokens": used}
    return UsageReport(
        used_tokens=used, parts=Parts(unattributed=used), source="reported",
        **(given | more),
    )  # fmt: skip


def gauge() -> tuple[int, str]:
    session = LLMSession.objects.get(key="chat")
    return session.used_tokens, session.level


def marks() -> list[str]:
    return list(
        UsageSample.objects.order_by("pk").values_list("implausible", flat=True)
    )


def test_an_empty_window_at_an_answer_moves_nothing(door: Door) -> None:
    door(said(170_000))

    (answer,) = door(said(0))

    assert answer.implausible == "zero_input"
    assert answer.budget.used_tokens == 170_000
    assert answer.events == []
    assert gauge() == (170_000, "compress")
    assert marks() == ["", "zero_input"]
    assert ThresholdEvent.objects.count() == 1
    assert not Compression.objects.exists()


def test_a_small_request_of_another_model_is_a_helper(door: Door) -> None:
    door(said(170_000), said(2_000, model=SMALL))
    door(said(171_000))
    (answer,) = door(said(1_500, model=SMALL))

    assert answer.implausible == "helper_call"
    assert gauge() == (171_000, "compress")
    assert marks() == ["", "helper_call", "", "helper_call"]
    assert LLMSession.objects.get().sample_count == 4


def test_a_conversation_that_goes_on_with_another_model_is_followed(door: Door) -> None:
    door(said(150_000))
    for used in (20_000, 21_000, 22_000):
        door(said(used, model=SMALL))

    assert gauge() == (22_000, "ok")
    assert marks() == ["", "helper_call", "helper_call", ""]


@pytest.mark.parametrize(
    "report",
    [
        said(80_000, model=SMALL),  # half of the window: no title
        said(2_000),  # the same model
        said(2_000, model=SMALL, begins_anew=True),
    ],
)
def test_other_small_requests_are_believed(door: Door, report: UsageReport) -> None:
    door(said(150_000))

    (answer,) = door(report)

    assert answer.implausible is None
    assert gauge()[0] == report.used_tokens


def test_after_a_compression_another_model_may_hold_little(door: Door) -> None:
    door(said(150_000))
    door(cut(before_tokens=150_000, after_tokens=30_000))

    (answer,) = door(said(30_000, model=SMALL))

    assert answer.implausible is None


def test_what_a_source_marked_is_stored_with_its_reason(door: Door) -> None:
    door(said(150_000))

    (answer,) = door(said(90_000, implausible="rewound"))

    assert answer.implausible == "rewound"
    assert gauge()[0] == 150_000
    assert marks() == ["", "rewound"]


def test_a_first_report_is_shown_for_want_of_a_better_one(door: Door) -> None:
    (answer,) = door(said(2_000, implausible="helper_call"))

    assert answer.implausible is None
    assert gauge() == (2_000, "ok")


def test_a_smaller_count_never_replaces_the_providers_number(door: Door) -> None:
    door(said(175_000))

    (answer,) = door(text(104_329, model=BIG))

    assert answer.budget.used_tokens == 175_000
    assert answer.budget.parts == Parts(history=104_329, unattributed=70_671)
    assert answer.budget.should_compress
    assert answer.events == []
    assert gauge() == (175_000, "compress")


def test_a_larger_count_is_believed(door: Door) -> None:
    door(said(100_000))

    (answer,) = door(text(120_000, model=BIG))

    assert (answer.budget.used_tokens, answer.budget.source) == (120_000, "estimated")


def test_after_a_compression_a_count_counts_again(door: Door) -> None:
    door(said(175_000))
    door(cut(before_tokens=175_000, after_tokens=60_000))

    (answer,) = door(text(60_000, model=BIG))

    assert answer.budget.used_tokens == 60_000


def test_what_one_client_taught_is_not_applied_to_another(door: Door) -> None:
    for number in range(5):
        door(reported(2_000, 42_000, session=f"a{number}", origin="claude_code"))

    (chat,) = door(text(11, session="b", client="chat-program"))
    (agent,) = door(text(2_000, session="c", origin="claude_code"))

    assert chat.budget.used_tokens == 11
    assert agent.budget.used_tokens == 42_000


def test_programs_that_send_alike_but_differ_teach_nothing(door: Door) -> None:
    for number, used in enumerate((2_000, 42_000, 42_500, 43_000, 2_010)):
        door(reported(2_000, used, session=f"a{number}"))

    (answer,) = door(text(2_000, session="b"))

    assert answer.budget.used_tokens == 2_000
