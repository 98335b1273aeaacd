from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.default_policy import make_default_policy
from tracker.changes.policies import rejudge
from tracker.changes.policies.changing import delete_policy, save_policy
from tracker.changes.policies.rejudge import rejudge_sessions
from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import (
    ConfigVersion,
    LLMSession,
    Policy,
    Project,
    SessionLane,
    ThresholdEvent,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorder(project: Project) -> Recorder:
    make_default_policy()
    return Recorder()


def report(
    recorder: Recorder, project: Project, session: str, used: int, **more: Any
) -> None:
    found = UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        at=NOW,
        **more,
    )
    recorder.record([Arrival(project.pk, found, NOW)])


def default() -> Policy:
    return Policy.objects.get(name="default")


def lower_compress() -> None:
    policy = default()
    policy.warning_percent, policy.compress_percent = Decimal(50), Decimal(65)
    save_policy(policy)


def test_a_saved_policy_moves_levels_and_counts_but_fires_nothing(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 130_000)
    before = LLMSession.objects.get()
    version = ConfigVersion.current()

    lower_compress()

    after = LLMSession.objects.get()
    assert (before.level, after.level) == ("ok", "compress")
    assert after.changed_us > before.changed_us
    assert after.event_level == "ok" and not ThresholdEvent.objects.exists()
    project.refresh_from_db()
    assert (project.ok_count, project.compress_count) == (0, 1)
    assert ConfigVersion.current() == version + 1


def test_the_next_sample_after_it_fires_by_the_new_policy(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 130_000)
    # From another connection, as the writer's thread sees the admin's.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lower_compress).result()
        pool.submit(lambda: connection.close()).result()

    report(recorder, project, "a", 130_001)

    event = ThresholdEvent.objects.get()
    assert (event.from_level, event.to_level) == ("ok", "compress")
    project.refresh_from_db()
    assert (project.ok_count, project.compress_count) == (0, 1)


def test_a_larger_window_changes_ratio_and_available(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 98_000)
    policy = default()
    policy.reserved_tokens = 2_000
    save_policy(policy)

    session = LLMSession.objects.get()
    assert session.available_tokens == 198_000
    assert session.used_ratio == 98_000 / 198_000


def test_a_reported_window_stays_the_reported_one(project: Project, recorder: Recorder):
    report(recorder, project, "a", 50_000, window_tokens=100_000)
    policy = default()
    policy.window_tokens = 500_000
    save_policy(policy)

    session = LLMSession.objects.get()
    assert (session.window_tokens, session.window_source) == (100_000, "report")


def test_a_policy_that_does_not_fit_a_reported_window_leaves_the_session_as_it_was(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 5_000, window_tokens=10_000)
    policy = default()
    policy.reserved_tokens = 20_000
    save_policy(policy)

    assert LLMSession.objects.get().available_tokens == 6_000


def test_lanes_are_judged_anew_and_only_sessions_in_scope(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 130_000, model="small-1", lane="agent")
    report(recorder, project, "b", 130_000, model="big")
    untouched = LLMSession.objects.get(key="b").changed_us

    save_policy(
        Policy(
            name="small",
            model_pattern="small-*",
            warning_percent=Decimal(50),
            compress_percent=Decimal(65),
        )
    )

    assert SessionLane.objects.get().level == "compress"
    assert LLMSession.objects.get(key="b").changed_us == untouched


def test_a_deleted_policy_gives_way_to_the_less_specific_one(
    project: Project, recorder: Recorder
):
    report(recorder, project, "a", 130_000)
    own = Policy(name="own", project=project, warning_percent=Decimal(60))
    save_policy(own)
    assert LLMSession.objects.get().policy_name == "own"

    delete_policy(own)

    session = LLMSession.objects.get()
    assert (session.policy_name, session.level) == ("default", "ok")


def test_many_sessions_go_in_batches(
    project: Project, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rejudge, "BATCH", 2)
    monkeypatch.setattr(rejudge, "PAGE", 3)
    for name in "abcde":
        report(recorder, project, name, 1_000)
    Policy.objects.update(reserved_tokens=2_000)
    ConfigVersion.bump()

    assert rejudge_sessions() == 5
    assert set(LLMSession.objects.values_list("available_tokens", flat=True)) == {
        198_000
    }


def test_only_what_pages_show_otherwise_is_written(
    project: Project, recorder: Recorder
):
    """All rows were written anew with all their index entries: 5 s of PostgreSQL."""
    report(recorder, project, "calm", 1_000)
    report(recorder, project, "warned", 160_000)
    report(recorder, project, "told", 1_000, message_count=3)
    before = dict(LLMSession.objects.values_list("key", "changed_us"))

    policy = default()
    policy.compress_percent = Decimal(90)
    save_policy(policy)

    after = dict(LLMSession.objects.values_list("key", "changed_us"))
    # A warning says how far the next threshold is; a limit of messages has no column.
    assert {key for key in after if after[key] != before[key]} == {"warned", "told"}


def test_another_target_is_told_of_calm_sessions_too(
    project: Project, recorder: Recorder
):
    """Their open pages went on with the old target until the next report."""
    report(recorder, project, "calm", 1_000)
    report(recorder, project, "helped", 1_000, lane="agent")
    before = dict(LLMSession.objects.values_list("key", "changed_us"))

    policy = default()
    policy.target_percent = Decimal(40)
    save_policy(policy)

    after = dict(LLMSession.objects.values_list("key", "changed_us"))
    assert all(after[key] > before[key] for key in ("calm", "helped"))
