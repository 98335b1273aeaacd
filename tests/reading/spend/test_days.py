"""Sums of many sessions are the sums of their cells, whatever is summed."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.spend.cells import Cell
from tracker.domain.spend.tables import grouped, total_of
from tracker.models import CatalogueModel, LLMSession, Project, UsageSample
from tracker.reading.spend.cells import BY, Spend, rows_of, spend_of
from tracker.reading.spend.days import spend_by_day
from tracker.reading.spend.dearest import dearest_sessions

pytestmark = pytest.mark.django_db
UNTIL = datetime(2025, 7, 1, tzinfo=UTC)
MODELS = (
    "claude-opus-4-5",
    "gemini-2.5-pro",  # dearer above 200,000 tokens
    "o3",  # cheaper since 2025-06-10
    "input-only",
    "of-no-price",
    "",  # the session's
)
METADATA: tuple[Any, ...] = (
    {"repository": "billing", "branch": "main", "team": "a", "user.name": "Ann"},
    {"repository": "billing", "client": "made by\u202e hand", "user_id": 7},
    {"team.id": 2.50, "scope": "lib", "repository": ["x", {"y": None}]},
    {"repository": "", "branch": True, "user": None},
    {},
)


@pytest.fixture
def projects() -> list[Project]:
    """50 sessions with 600 requests within a month, drawn by a fixed seed."""
    CatalogueModel.objects.create(name="input-only", window_tokens=99, input_price=3)
    made = [Project.objects.create(slug=name, name=name) for name in ("one", "two")]
    draw = random.Random(7)
    for number in range(50):
        session = LLMSession.objects.create(
            project=made[number % 2],
            key=f"s{number}",
            title=f"Session {number}",
            model=draw.choice(MODELS),
            origin=draw.choice(("api", "claude_code")),
            metadata=draw.choice(METADATA),
            created_at=UNTIL,
            changed_us=int(UNTIL.timestamp() * 1_000_000),
        )
        UsageSample.objects.bulk_create(
            _sample(draw, session, 12 * number + n) for n in range(12)
        )
    return made


def _sample(draw: random.Random, session: LLMSession, number: int) -> UsageSample:
    given = draw.choice((None, 5_000, 150_000, 200_000, 200_001, 400_000))
    written = draw.choice((None, 0, 4_000))
    return UsageSample(
        project=session.project,
        session=session,
        at=UNTIL - timedelta(minutes=draw.randrange(30 * 24 * 60)),
        event_id=f"e{number}",
        model=draw.choice(MODELS),
        used_tokens=1,
        system_tokens=0,
        history_tokens=1,
        user_context_tokens=0,
        tools_tokens=0,
        unattributed_tokens=0,
        input_tokens=given,
        output_tokens=draw.choice((None, 0, 777)) if given else None,
        cache_read_tokens=draw.choice((None, 0, 1_000)) if given else None,
        cache_creation_tokens=written if given else None,
        cache_hour_tokens=draw.choice((None, 400)) if given and written else None,
        window_tokens=200_000,
        window_source="default",
        available_tokens=196_000,
        level="ok",
        source="reported",
        origin="api",
    )


def _be_odd() -> None:
    """Numbers that contradict each other, in some requests of two models."""
    numbers = [f"e{number}" for number in range(0, 600, 3)]
    some = UsageSample.objects.filter(event_id__in=numbers)
    some.filter(model="o3").update(input_tokens=10, cache_read_tokens=3_000)
    some.filter(model="o3", output_tokens=777).update(cache_hour_tokens=9_000)
    some.filter(model="claude-opus-4-5").update(input_tokens=None, output_tokens=50)


def _sums(cells: list[Cell], key: Callable[[Cell], Hashable]) -> dict[Any, Any]:
    rows = grouped(cells, key)
    return {
        row.key: (
            row.models, row.input, row.output, row.cache_write, row.cache_read,
            row.cost, row.requests, row.unpriced, row.caching,
        )
        for row in rows
    }  # fmt: skip


def _by(found: Spend, name: str) -> dict[Any, Any]:
    return _sums(
        found.cells, lambda cell: (cell.hour.date(), found.name_of(cell, name))
    )


@pytest.mark.parametrize("since", [None, datetime(2025, 6, 9, 7, 30, tzinfo=UTC)])
@pytest.mark.parametrize("is_odd", [False, True])
def test_each_day_and_name_costs_what_its_cells_cost(
    projects: list[Project], since: datetime | None, is_odd: bool
) -> None:
    if is_odd:
        _be_odd()
    fine = spend_of(projects, since, UNTIL)

    for name in BY:
        coarse = spend_by_day(projects, since, UNTIL, by=(name,))
        assert _by(coarse, name) == _by(fine, name)
        assert (coarse.as_of, coarse.prices) == (fine.as_of, fine.prices)
    every = spend_by_day(projects, since, UNTIL, by=BY)
    assert all(_by(every, name) == _by(fine, name) for name in BY)
    assert total_of(every.cells).cost > 0


@pytest.mark.parametrize("is_odd", [False, True])
def test_each_hour_costs_what_its_cells_cost(
    projects: list[Project], is_odd: bool
) -> None:
    if is_odd:
        _be_odd()
    fine = spend_of(projects, None, UNTIL)

    coarse = spend_by_day(projects, None, UNTIL, hourly=True)

    assert rows_of(coarse, "blocks") == rows_of(fine, "blocks")
    assert _sums(coarse.cells, lambda c: c.hour) == _sums(fine.cells, lambda c: c.hour)
    assert len(coarse.cells) <= len(fine.cells)


def test_few_of_all_sessions_are_read_one_by_one(projects: list[Project]) -> None:
    since = datetime(2025, 6, 9, 7, 30, tzinfo=UTC)
    asked = projects[:1], since, UNTIL
    most = spend_of(*asked), spend_by_day(*asked, by=BY)

    Project.objects.update(ok_count=1_000)

    assert (spend_of(*asked), spend_by_day(*asked, by=BY)) == most
    assert len(most[0].sessions) == 25


def test_sessions_of_a_day_are_one_cell_of_each_name(projects: list[Project]) -> None:
    LLMSession.objects.update(metadata={"repository": "billing"}, origin="api")
    UsageSample.objects.update(
        model="claude-opus-4-5", at=UNTIL - timedelta(hours=1), input_tokens=5_000
    )

    found = spend_by_day(projects, None, UNTIL, by=("repository",))

    (cell,) = found.cells
    assert (cell.requests, cell.hour) == (600, UNTIL - timedelta(days=1))
    assert found.name_of(cell, "repository") == "billing"
    by_project = spend_by_day(projects, None, UNTIL, by=("project",))
    names = [by_project.name_of(each, "project") for each in by_project.cells]
    assert names == ["one", "two"]


def test_the_dearest_sessions_are_the_first_of_all(projects: list[Project]) -> None:
    fine = spend_of(projects, None, UNTIL)
    rows = rows_of(fine, "session")

    for most in (1, 7, 60):
        found = dearest_sessions(projects, None, UNTIL, most)
        assert found.rows == rows[:most]
        assert found.count == len(rows) == 50
    assert found.spend == fine
    nobody = dearest_sessions([], None, UNTIL, 60)
    assert (nobody.rows, nobody.count) == ([], 0)
