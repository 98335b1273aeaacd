from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.default_policy import make_default_policy
from tracker.domain.budget.replay import replay
from tracker.domain.budget.status import LEVELS
from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import (
    Compression,
    LLMSession,
    Policy,
    Project,
    ThresholdEvent,
    UsageSample,
)
from tracker.models.settings.policies import load_policy_book
from tracker.reading.policies.policy_trial import (
    Superseded,
    _side,
    affected_sessions,
    try_policy,
)
from tracker.reading.policies.stored_histories import stored_histories

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def project(db: None) -> Project:
    make_default_policy()
    return Project.objects.create(slug="p", name="P")


def usage(session: str, used: int, minutes: float, **more: Any) -> UsageReport:
    return UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        at=START + timedelta(minutes=minutes),
        **more,
    )


def shown(session: str, after: int, minutes: float, **more: Any) -> CompressionReport:
    more.setdefault("sets_gauge", True)
    return CompressionReport(
        session=session,
        before_tokens=180_000,
        after_tokens=after,
        at=START + timedelta(minutes=minutes),
        **more,
    )


def record(project: Project, reports: list[Any]) -> None:
    received = START + timedelta(days=365)
    Recorder().record([Arrival(project.pk, report, received) for report in reports])


def random_reports(seed: int) -> list[Any]:
    """Sessions that tremble at the thresholds, with late samples, lanes, models,
    reported windows and compressions.
    """
    chance = random.Random(seed)
    reports: list[Any] = []
    for step in range(400):
        session = f"s{chance.randrange(4)}"
        minutes = step - (chance.random() < 0.15) * chance.randrange(60)
        used = chance.choice((60_000, 150_000, 160_000, 170_000, 190_000, 197_000))
        used += chance.randrange(-8_000, 8_000)
        if chance.random() < 0.1:
            sets = chance.random() < 0.7
            reports.append(shown(session, used // 2, minutes, sets_gauge=sets))
        else:
            window = chance.choice((None, None, None, 220_000, 180_000))
            reports.append(
                usage(
                    session,
                    used,
                    minutes,
                    model=chance.choice(("", "small-1", "big-2")),
                    lane=chance.choice(("main", "main", "main", "agent")),
                    window_tokens=window,
                )
            )
    return reports


def stored_events(session_id: int) -> list[tuple[str, str]]:
    events = ThresholdEvent.objects.filter(session=session_id).order_by("seq")
    return list(events.values_list("from_level", "to_level"))


@pytest.mark.parametrize("seed", range(12))
def test_the_saved_policies_replayed_give_the_stored_events_exactly(
    project: Project, seed: int
):
    Policy.objects.create(
        name="small", model_pattern="small-*", warning_percent=70, window_tokens=190_000
    )
    record(project, random_reports(seed))
    side = _side(list(Policy.objects.all()), None)
    assert Compression.objects.filter(sets_gauge=True).exists()
    assert UsageSample.objects.filter(is_late=True).exists()

    for history in stored_histories(LLMSession.objects.all(), since=None):
        rules = [
            side.rule(history.project_id, context, history.session_id)
            for context in history.contexts
        ]
        replayed = replay(history.observations, rules).events
        found = [(LEVELS[e.from_rank], LEVELS[e.to_rank]) for e in replayed]

        assert found == stored_events(history.session_id)


def test_sessions_are_read_page_by_page_and_each_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    record(project, random_reports(3))
    ids = list(LLMSession.objects.order_by("pk").values_list("pk", flat=True))
    assert len(ids) > 2
    module = "tracker.reading.policies.stored_histories"
    monkeypatch.setattr(f"{module}.SESSIONS_AT_ONCE", 2)

    histories = stored_histories(LLMSession.objects.all(), since=None)

    assert sorted(history.session_id for history in histories) == ids


def test_the_saved_policy_tried_unchanged_counts_what_is_stored(project: Project):
    record(project, random_reports(99))
    policy = Policy.objects.get(project=None, model_pattern="", session=None)

    result = try_policy(policy, LLMSession.objects.all(), since=None)

    rank = {level: i for i, level in enumerate(LEVELS)}
    rising: dict[str, int] = {}
    for event in ThresholdEvent.objects.all():
        if rank[event.to_level] > rank[event.from_level]:
            rising[event.to_level] = rising.get(event.to_level, 0) + 1
    assert result.saved == result.tried
    assert {level: getattr(result.saved, level) for level in rising} == rising
    assert result.left_out == 0 and result.judged_differently == []
    main = UsageSample.objects.filter(lane="main", is_late=False)
    assert result.samples == main.count()


def test_only_the_period_is_counted(project: Project):
    record(project, [usage("a", 160_000, 0), usage("a", 170_000, 60)])
    policy = Policy.objects.get(project=None, model_pattern="", session=None)
    since = START + timedelta(minutes=30)

    result = try_policy(policy, LLMSession.objects.all(), since=since)

    assert (result.samples, result.saved.warning, result.saved.compress) == (1, 0, 1)


def test_an_old_session_is_not_read_for_a_late_period(project: Project):
    record(project, [usage("a", 160_000, 0)])
    policy = Policy.objects.get(project=None, model_pattern="", session=None)
    since = START + timedelta(minutes=30)

    result = try_policy(policy, LLMSession.objects.all(), since=since)

    assert result.sessions == ()


def test_a_new_policy_of_a_model_is_tried_on_its_sessions_only(project: Project):
    record(
        project,
        [usage("a", 150_000, 0, model="small-1"), usage("b", 150_000, 0, model="big")],
    )
    new = Policy(name="small", model_pattern="small-*", warning_percent=70)

    result = try_policy(new, LLMSession.objects.all(), since=None)

    assert [s.session for s in result.sessions] == [LLMSession.objects.get(key="a").pk]
    assert (result.saved.warning, result.tried.warning) == (0, 1)
    assert Policy.objects.filter(name="small").count() == 0


def test_a_trial_nobody_waits_for_ends(project: Project):
    record(project, [usage("a", 150_000, 0)])

    def stop(read: int) -> None:
        raise Superseded

    with pytest.raises(Superseded):
        try_policy(
            Policy(name="x", model_pattern="*"),
            LLMSession.objects.all(),
            since=None,
            progress=stop,
        )


def test_the_scope_narrows_the_query(project: Project):
    other = Project.objects.create(slug="o", name="O")
    record(project, [usage("a", 1, 0), usage("b", 1, 0)])
    record(other, [usage("a", 1, 0)])
    everything = LLMSession.objects.all()
    one = everything.first()

    assert affected_sessions(everything, Policy(session=one)).count() == 1
    assert affected_sessions(everything, Policy(project=project)).count() == 2
    assert affected_sessions(everything, Policy(model_pattern="x")).count() == 3


def test_the_book_of_the_trial_is_that_of_the_writer(project: Project):
    assert load_policy_book().policy_for(project.pk, "").policy.name == "default"


def test_calls_through_the_gateway_are_replayed(project: Project) -> None:
    from tests.gateway.bodies import anthropic
    from tracker.gateway.record import usage_report
    from tracker.gateway.request.body import read_body
    from tracker.gateway.request.conversation import Conversation
    from tracker.gateway.upstream.answers import Answered

    body = read_body("anthropic", "", json.dumps(anthropic()).encode(), {}).outline
    for lane, used in (("main", 50_000), ("main", 120_000), ("helper", 190_000)):
        usage = {"input_tokens": used, "output_tokens": 1}
        answer = Answered(f"msg_{used}", "claude-sonnet-4-5", usage)
        talk = Conversation("s", lane, True)
        record(project, [usage_report(body, talk, answer)])
    edited = Policy.objects.get()
    edited.warning_percent = 50

    found = try_policy(edited, LLMSession.objects.all(), since=None)

    assert found.samples == 2  # a helper's window is not the session's gauge
    assert (found.saved.warning, found.tried.warning) == (0, 1)
