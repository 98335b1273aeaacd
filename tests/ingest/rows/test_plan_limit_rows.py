"""The newest plan limits are kept, one row per project, client and window."""

from __future__ import annotations

from datetime import timedelta

from tests.ingest.conftest import NOON
from tracker.domain.plan_limits import PlanLimit
from tracker.ingest.arrivals import Rejection


def limit(used: float, *, second: int = 0, minutes: int = 300) -> PlanLimit:
    at = NOON + timedelta(seconds=second)
    return PlanLimit("codex", minutes, used, NOON + timedelta(hours=2), at)


def rows():
    from tracker.models import PlanLimitState

    return list(
        PlanLimitState.objects.order_by("minutes").values_list("minutes", "used_ratio")
    )


def test_the_newest_is_kept_in_whatever_order_they_come(recorder, usage):
    def tell(key: str, *told: PlanLimit):
        return recorder.record([usage(key, 100, event_id=key, plan_limits=told)])

    tell("a", limit(0.3, second=5), limit(0.1, minutes=10_080))
    tell("b", limit(0.2, second=1))
    assert rows() == [(300, 0.3), (10_080, 0.1)]

    tell("c", limit(0.5, second=9), limit(0.4, second=8))
    assert rows() == [(300, 0.5), (10_080, 0.1)]


def test_a_refused_report_tells_nothing(recorder, usage):
    arrival = usage("a", 100, plan_limits=(limit(0.3),))
    refused = type(arrival)(arrival.project_id, arrival.report, NOON, 999_999)

    (answer,) = recorder.record([refused])

    assert isinstance(answer, Rejection) and rows() == []


def test_a_project_has_no_more_than_its_clients_have_windows(recorder, usage):
    from tracker.ingest.rows.plan_limit_rows import MOST

    many = [limit(0.1, second=n, minutes=n) for n in range(1, MOST + 5)]
    recorder.record([usage("a", 100, event_id="a", plan_limits=many)])
    recorder.record([usage("a", 100, event_id="b", plan_limits=(limit(0.2),))])

    assert [minutes for minutes, _ in rows()] == [*range(5, MOST + 5)]
