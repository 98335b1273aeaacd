"""What was spent until now is what a recount says, whichever sessions rest."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tracker.domain.spend.tables import total_of
from tracker.models import ConfigVersion, LLMSession, Project, UsageSample
from tracker.reading.spend import dearest
from tracker.reading.spend import resting as shelf
from tracker.reading.spend.cells import Spend, samples_in
from tracker.reading.spend.days import spend_by_day
from tracker.reading.spend.dearest import (
    Dearest,
    dearest_sessions,
    dearest_until_now,
)
from tracker.reading.spend.resting import resting, spend_until_now
from tracker.upkeep.pruning import Pruning

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=9)
BY = ("repository", "model")


@pytest.fixture(autouse=True)
def emptied() -> None:
    resting.forget_all()


@pytest.fixture
def ask(project: Any) -> Any:
    """A request of a session that was written to at that time."""

    def make(
        key: str, at: datetime, input_tokens: int = 10_000, cached: int = 0
    ) -> LLMSession:
        session, _ = LLMSession.objects.update_or_create(
            project=project, key=key,
            create_defaults={
                "changed_us": int(at.timestamp() * 1e6), "last_at": at,
                "metadata": {"repository": key[0]}, "created_at": at,
            },
            defaults={
                "changed_us": int(at.timestamp() * 1e6), "last_at": at,
                "metadata": {"repository": key[0]},
            },
        )  # fmt: skip
        UsageSample.objects.create(
            project=project, session=session, at=at, model="claude-sonnet-4",
            event_id=f"e{UsageSample.objects.count()}", used_tokens=input_tokens,
            system_tokens=0, history_tokens=input_tokens, user_context_tokens=0,
            tools_tokens=0, unattributed_tokens=0, input_tokens=input_tokens,
            output_tokens=100, cache_read_tokens=cached, window_tokens=1_000_000,
            window_source="default", available_tokens=996_000, level="ok",
            source="reported", origin="api",
        )  # fmt: skip
        return session

    return make


def told(spend: Spend) -> tuple[Any, ...]:
    days: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for cell in spend.cells:
        # Of a model whose numbers contradict themselves the cells are of hours.
        name = cell.hour.date(), cell.model, spend.name_of(cell, "repository")
        days[name] += cell.cost or Decimal(0)
    row = total_of(spend.cells)
    sums = row.input, row.output, row.cache_read, row.cost, row.requests, row.caching
    return sums, days, spend.as_of, spend.prices


def test_it_is_what_all_sessions_come_to(project: Any, ask: Any) -> None:
    for key in ("a1", "a2", "b1"):
        ask(key, OLD)
        ask(key, OLD + timedelta(days=1), 300_000, 250_000)  # a long context
    ask("a3", OLD, 10, 9_000)  # contradicts itself
    ask("a4", NOW - timedelta(hours=1))

    for since in (None, NOW - timedelta(days=8), NOW - timedelta(hours=13)):
        for hourly in (False, True):
            found = spend_until_now([project], since, NOW, by=BY, hourly=hourly)
            whole = spend_by_day([project], since, NOW, by=BY, hourly=hourly)
            assert told(found) == told(whole)
            assert [c.hour for c in found.cells] == sorted(c.hour for c in found.cells)


def test_what_rests_is_summed_once(
    project: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("a1", OLD)
    spend_until_now([project], None, NOW, by=BY)
    summed: list[Any] = []

    def noted(*args: Any, **more: Any) -> Spend:
        summed.append(more.get("silent_since"))
        return spend_by_day(*args, **more)

    monkeypatch.setattr(shelf, "spend_by_day", noted)
    ask("a2", NOW - timedelta(minutes=1))
    found = spend_until_now([project], None, NOW, by=BY)

    assert summed == [None]
    assert total_of(found.cells).requests == 2


@pytest.mark.parametrize("change", ["woken", "deleted", "pruned"])
def test_a_session_that_rests_no_more_is_not_counted_as_it_was(
    project: Any, ask: Any, change: str
) -> None:
    one = ask("a1", OLD)
    ask("a2", OLD)
    spend_until_now([project], None, NOW, by=BY)

    if change == "woken":
        ask("a1", NOW - timedelta(minutes=1))
        LLMSession.objects.filter(pk=one.pk).update(metadata={"repository": "other"})
    else:
        UsageSample.objects.filter(session=one).delete()
    if change == "deleted":
        one.delete()
    if change == "pruned":
        ConfigVersion.samples_deleted()  # as pruning does

    found = spend_until_now([project], None, NOW, by=BY)
    assert told(found) == told(spend_by_day([project], None, NOW, by=BY))


def test_wherever_a_prune_is_killed_the_sums_are_those_of_a_recount(
    project: Any, ask: Any
) -> None:
    for key in ("a1", "a2", "b1"):
        ask(key, OLD - timedelta(days=60))
        LLMSession.objects.filter(key=key).update(first_at=OLD - timedelta(days=60))
        ask(key, OLD)
    Project.objects.filter(pk=project.pk).update(retention_days=30)
    seen: list[int] = []

    def look(seconds: float = 0) -> None:
        found = spend_until_now([project], None, NOW, by=BY)
        assert told(found) == told(spend_by_day([project], None, NOW, by=BY))
        dearest = rows(dearest_until_now([project], None, NOW, 3))
        assert dearest == rows(dearest_sessions([project], None, NOW, 3))
        seen.append(total_of(found.cells).requests)

    look()
    Pruning(now=NOW, pause=look).run()

    assert seen[0] == 6 and set(seen[1:]) == {3}


def test_a_session_that_wakes_in_between_is_counted_once(
    project: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("a1", OLD)

    def then_woken(*args: Any, **more: Any) -> Spend:
        found = spend_by_day(*args, **more)
        if more.get("silent_since") and UsageSample.objects.count() == 1:
            ask("a1", NOW - timedelta(minutes=1))
        return found

    monkeypatch.setattr(shelf, "spend_by_day", then_woken)
    found = spend_until_now([project], None, NOW, by=BY)

    assert total_of(found.cells).requests == 2


def rows(found: Dearest) -> Any:
    return [(row.key, row.cost, row.total) for row in found.rows], found.count


@pytest.mark.parametrize("change", ["", "woken", "deleted", "pruned"])
def test_the_dearest_sessions_are_those_of_a_recount(
    project: Any, ask: Any, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    for number in range(6):
        ask(f"a{number}", OLD, 10_000 * (1 + number % 4))
    ask("b1", NOW - timedelta(hours=1), 35_000)
    before = dearest_until_now([project], None, NOW, 3)
    assert rows(before) == rows(dearest_sessions([project], None, NOW, 3))

    summed: list[Any] = []

    def noted(*args: Any, **more: Any) -> Any:
        summed.append(more.get("silent_since"))
        return samples_in(*args, **more)

    monkeypatch.setattr(dearest, "samples_in", noted)
    if change == "woken":
        ask("a3", NOW - timedelta(minutes=1), 90_000)
    if change in ("deleted", "pruned"):
        UsageSample.objects.filter(session__key="a3").delete()
    if change == "deleted":
        LLMSession.objects.get(key="a3").delete()
    if change == "pruned":
        ConfigVersion.samples_deleted()
    after = dearest_until_now([project], None, NOW, 3)

    assert rows(after) == rows(dearest_sessions([project], None, NOW, 3))
    assert (rows(after) == rows(before)) is (change == "")
    if not change:
        assert summed == [None, None]  # those that rest were not summed again


def test_what_is_too_large_to_keep_is_summed_once_a_view(
    project: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("a1", OLD)
    ask("b1", NOW - timedelta(hours=1))
    monkeypatch.setattr(shelf, "MOST_CELLS", 0)
    spend_until_now([project], None, NOW, by=BY)
    asked: list[dict[str, Any]] = []

    def noted(*args: Any, **more: Any) -> Spend:
        asked.append(more)
        return spend_by_day(*args, **more)

    monkeypatch.setattr(shelf, "spend_by_day", noted)
    found = spend_until_now([project], None, NOW, by=BY)

    assert asked == [{"by": BY, "hourly": False}]
    assert total_of(found.cells).requests == 2
