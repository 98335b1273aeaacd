"""Plan limits that still hold, with a sentence of what is foreseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tracker.reading.plan_limits import plan_limits_of

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def say(db):
    """`say(0.6, passed=2)`: so much used, so many hours after the window began."""
    from tracker.models import PlanLimitState, Project

    project = Project.objects.create(slug="p", name="P")

    def make(used, *, passed=2.0, minutes=300, client="codex", at=NOW, **more):
        resets = at + timedelta(minutes=minutes) - timedelta(hours=passed)
        PlanLimitState.objects.create(
            project=project, client=client, minutes=minutes, used_ratio=used, at=at,
            **({"resets_at": resets} | more),
        )  # fmt: skip

    make.project = project
    return make


def shown(say, now=NOW, **more):
    return plan_limits_of([say.project], now, **more)


def test_a_pace_that_does_not_last_says_by_how_much(say):
    say(0.6)
    (found,) = shown(say)

    assert found.client == "Codex" and found.window == "5 hours"
    assert found.foreseen == "At this pace it is used up 1 h 40 min before it resets."
    assert found.level == "warning" and found.bar == 60.0


def test_a_pace_that_lasts_says_what_will_be_used(say):
    say(0.2)
    (found,) = shown(say)

    assert found.foreseen == "At this pace 50 % are used when it resets."
    assert found.level == "ok" and found.full_at is None


def test_at_its_beginning_nothing_is_foreseen(say):
    say(0.01, passed=0.1)
    say(0.5, minutes=10_080, resets_at=None)

    assert [found.foreseen for found in shown(say)] == ["", ""]


def test_what_is_used_up_is_said(say):
    say(1.0)
    (found,) = shown(say)

    assert found.foreseen == "It is used up." and found.level == "critical"


def test_a_window_that_has_ended_is_not_shown(say):
    say(0.6)
    assert shown(say, NOW + timedelta(hours=3)) == []


def test_one_clients_can_be_asked_for(say):
    say(0.6)
    say(0.1, client="claude_code")

    (found,) = shown(say, client="claude_code")
    assert found.client == "Claude Code"
