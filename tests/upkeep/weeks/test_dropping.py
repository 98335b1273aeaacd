"""Where weeks cannot be made or dropped, prune forgets the rest. The locks themselves:
tests/services.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from tests.upkeep.test_pruning import NOW, OLD, keep_days, prune, record, usage
from tracker.upkeep import pruning
from tracker.upkeep.pruning import Pruning
from tracker.upkeep.weeks.dropping import Dropped
from tracker.upkeep.weeks.partitions import WEEK, Busy, week_of


@pytest.mark.parametrize("failure", [Busy("locks"), OperationalError("stopped")])
def test_weeks_that_cannot_be_made_stop_nothing(
    project: Any, monkeypatch: Any, failure: Exception
) -> None:
    from tracker.models import UsageSample

    def fail(now: datetime) -> None:
        raise failure

    monkeypatch.setattr(pruning, "make_weeks", fail)
    record(project, usage("s", OLD, "a"))
    keep_days(project, 30)

    assert prune().counts["samples"] == 1
    assert not UsageSample.objects.exists()


@pytest.fixture
def undroppable(monkeypatch: Any) -> list[datetime]:
    """Three weeks that nobody keeps: the first can be dropped, as PostgreSQL does."""
    weeks = [week_of(OLD) + WEEK * number for number in range(3)]
    to_drop = list(weeks)

    def drop(week: datetime, now: datetime) -> Dropped:
        if week != weeks[0]:
            raise Busy("somebody reads")
        to_drop.remove(week)
        return Dropped(rows=7, is_counted=False, seconds=0.0)

    monkeypatch.setattr(pruning, "kept_since", lambda now: weeks[-1] + WEEK)
    monkeypatch.setattr(pruning, "weeks_to_drop", lambda now: list(to_drop))
    monkeypatch.setattr(pruning, "drop_week", drop)
    return weeks


def test_where_weeks_cannot_be_dropped_the_rest_is_forgotten(
    project: Any, undroppable: list[datetime]
) -> None:
    from tracker.models import EventKey, LLMSession, ThresholdEvent, UsageSample

    before, _, after = undroppable[0] - WEEK, *undroppable[1:]
    after += WEEK + WEEK / 2  # in the week that the longest retention keeps
    within = undroppable[1] + WEEK / 2
    record(
        project,
        usage("living", before, "a"),
        usage("living", within, "b", 190_000),
        usage("living", after, "c"),
        usage("living", NOW, "d"),
        usage("idle, before", before, "e"),
        usage("idle, within", within, "f"),
        usage("idle, after", after, "g"),
    )
    keep_days(project, 7)
    run = Pruning(now=NOW, pause=lambda seconds: None)

    with pytest.raises(Busy, match="from 2026-10-19, 2026-10-26 were not dropped"):
        run.run()

    assert run.pruned.weeks == undroppable[:1]
    assert run.pruned.counts["samples"] == 7 + 4
    left = UsageSample.objects.order_by("pk").values_list("event_id", flat=True)
    assert list(left) == ["b", "d", "f"]
    assert EventKey.objects.count() == 3
    assert not ThresholdEvent.objects.exists()
    keys = LLMSession.objects.order_by("key").values_list("key", flat=True)
    assert list(keys) == ["idle, within", "living"]


def test_the_command_says_what_was_not_forgotten(
    project: Any, undroppable: list[datetime], capsys: Any
) -> None:
    with pytest.raises(CommandError) as error:
        call_command("prune")

    assert "2026-10-19, 2026-10-26 were not dropped" in str(error.value)
    assert "because somebody reads" in str(error.value)
    said = capsys.readouterr().out
    assert "Dropped the weeks of samples that begin on 2026-10-12." in said
    assert "Deleted about 7 samples" in said
