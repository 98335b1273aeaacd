"""Which of two alike reports of one project are taken for the same call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.domain.reports import Parts, UsageReport
from tracker.sources.otlp.calls.identity import TWIN_WINDOW, are_twins, twin_key

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sift(project: Any, *reports: UsageReport) -> list[UsageReport]:
    from tracker.ingest.twins.filter import TwinFilter

    twins = TwinFilter(are_twins, TWIN_WINDOW, key_of=twin_key)
    return [each.report for one in reports for each in twins.sift(project.pk, [one])]


def report(session: str, event_id: str, *, after: float = 0.0) -> UsageReport:
    at = NOON + timedelta(seconds=after)
    return UsageReport(
        session, 412, Parts(history=412), "reported", at=at, event_id=event_id,
        model="gpt-4o", origin="otlp",
    )  # fmt: skip


def test_alike_calls_of_two_named_sessions_are_two(project: Any) -> None:
    alice, bob = report("alice", "chatcmpl-1"), report("bob", "span:aa:bb", after=1.5)

    assert sift(project, alice, bob) == [alice, bob]


def test_a_span_beside_the_answer_of_its_own_session_is_the_same_call(
    project: Any,
) -> None:
    answer, span = report("alice", "chatcmpl-1"), report("alice", "span:aa:bb")

    assert sift(project, answer, span) == [answer]


def test_thousands_of_alike_calls_are_not_compared_each_with_each(
    project: Any,
) -> None:
    from tracker.ingest.twins.filter import TwinFilter

    compared = 0

    def counted(one: UsageReport, other: UsageReport) -> bool:
        nonlocal compared
        compared += 1
        return are_twins(one, other)

    twins = TwinFilter(counted, TWIN_WINDOW, key_of=twin_key)
    spans = [report("alice", f"span:aa:{n}") for n in range(2_000)]

    assert len(twins.sift(project.pk, spans)) == 2_000
    assert compared < 200_000


def test_of_many_alike_calls_each_finds_the_one_at_its_own_time(project: Any) -> None:
    from tracker.ingest.twins.filter import TwinFilter

    twins = TwinFilter(are_twins, TWIN_WINDOW, key_of=twin_key)
    moments = [n / 10 for n in range(1_000)]
    answers = [report("alice", f"answer-{m}", after=m) for m in moments]
    spans = [report("alice", f"span:aa:{m}", after=m + 0.001) for m in moments]

    assert len(twins.sift(project.pk, answers)) == 1_000
    assert twins.sift(project.pk, spans) == []
