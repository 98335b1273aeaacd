"""Which happening a rule wants, and when its message may go out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from tracker.domain.alerts import Happening, Rule

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)


def rule(kind: str, **fields: Any) -> Rule:
    return Rule(1, 1, "r", kind, **fields)


def crossed(start: str, end: str, **fields: Any) -> Happening:
    return Happening("event", NOW, from_level=start, to_level=end, **fields)


def cut(**fields: Any) -> Happening:
    return Happening("compression", NOW, **fields)


@pytest.mark.parametrize(
    ("wanted", "what", "is_told"),
    [
        (rule("level"), crossed("compress", "critical"), True),
        (rule("level"), crossed("ok", "exceeded"), True),  # over it in one step
        (rule("level"), crossed("critical", "exceeded"), False),  # told already
        (rule("level"), crossed("exceeded", "critical"), False),  # falling
        (rule("level"), crossed("ok", "warning"), False),
        (rule("event"), crossed("warning", "ok"), True),
        (rule("event"), cut(), False),
        (rule("score", number=0.5), cut(score=0.49), True),
        (rule("score", number=0.5), cut(score=0.5), False),
        (rule("score", number=0.5), cut(score=None), False),
        (rule("missed"), cut(missed_target=True), True),
        (rule("missed"), cut(), False),
        (rule("suspected"), cut(trigger="suspected"), True),
        (rule("suspected"), cut(trigger="auto"), False),
        (rule("flagged"), Happening("flagged", NOW), True),
        (rule("flagged"), cut(), False),
        (rule("silent", number=5), crossed("ok", "critical"), False),
    ],
)
def test_each_kind_waits_for_its_own(
    wanted: Rule, what: Happening, is_told: bool
) -> None:
    assert wanted.matches(what, NOW) is is_told


@pytest.mark.parametrize(
    ("filters", "is_told"),
    [
        ({"model_pattern": "claude-*"}, True),
        ({"model_pattern": "CLAUDE-opus-*"}, True),
        ({"model_pattern": "gpt-*"}, False),
        ({"metadata_key": "team", "metadata_value": "billing"}, True),
        ({"metadata_key": "team", "metadata_value": "search"}, False),
        ({"metadata_key": "tier", "metadata_value": "billing"}, False),
        ({"metadata_key": "run", "metadata_value": "7"}, True),
    ],
)
def test_filters_narrow_a_rule(filters: dict[str, str], is_told: bool) -> None:
    what = crossed(
        "ok", "critical", model="claude-opus-4", metadata={"team": "billing", "run": 7}
    )

    assert rule("level", **filters).matches(what, NOW) is is_told


def test_an_import_of_the_past_alerts_nobody() -> None:
    old = Happening("event", NOW - timedelta(hours=2), to_level="exceeded")

    assert not rule("level").matches(old, NOW)


@pytest.mark.parametrize(
    ("zone", "hour", "due"),
    [
        ("UTC", 22, "2026-03-05T07:00:00+00:00"),
        ("UTC", 6, "2026-03-04T07:00:00+00:00"),
        ("UTC", 7, None),
        ("UTC", 21, None),
        ("Europe/Berlin", 21, "2026-03-05T06:00:00+00:00"),
        ("Europe/Berlin", 6, None),
    ],
)
def test_quiet_hours_hold_a_message_until_their_end(
    zone: str, hour: int, due: str | None
) -> None:
    night = rule("level", quiet_from=time(22), quiet_until=time(7), zone=zone)
    now = NOW.replace(hour=hour, minute=0)

    assert night.due(now) == (datetime.fromisoformat(due) if due else now)
    assert night.due(now, is_urgent=True) == now


def test_quiet_hours_within_a_day() -> None:
    noon = rule("level", quiet_from=time(12), quiet_until=time(13, 30))

    assert noon.due(NOW.replace(hour=12)) == NOW.replace(hour=13)
    assert noon.due(NOW.replace(hour=11)) == NOW.replace(hour=11)


def test_with_a_digest_all_but_the_urgent_wait_for_its_time() -> None:
    rule = Rule(1, 1, "r", "level", zone="Europe/Berlin", digest_at=time(9))
    now = datetime(2026, 11, 29, 7, 30, tzinfo=UTC)  # 08:30 in Berlin

    assert rule.due(now) == datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
    assert rule.due(now + timedelta(hours=1)) == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert rule.due(now, is_urgent=True) == now
    assert rule.is_gathered(is_urgent=False) and not rule.is_gathered(is_urgent=True)
