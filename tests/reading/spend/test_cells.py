"""Samples become cells: what is read, and at which price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.reading.sessions.test_costs import START, Sample, sample, session
from tracker.domain.spend.tables import total_of
from tracker.models import LLMSession, UsageSample
from tracker.reading.spend.cells import Spend, spend_of

__all__ = ["sample", "session"]  # fixtures
pytestmark = pytest.mark.django_db
LATER = START + timedelta(days=1)


@pytest.fixture
def spent(session: LLMSession) -> Callable[..., Spend]:
    return lambda since=None, until=LATER: spend_of([session.project], since, until)


def test_an_hour_of_a_session_is_one_cell(
    sample: Sample, spent: Callable[..., Spend]
) -> None:
    sample(1, used=1_000_000)
    sample(59, used=1_000_000, lane="helper")
    sample(60, used=1_000_000)

    cells = spent().cells

    assert [cell.hour for cell in cells] == [START, START + timedelta(hours=1)]
    assert [(cell.requests, cell.cost) for cell in cells] == [(2, 2), (1, 1)]


def test_long_requests_have_the_prices_of_long_ones(
    sample: Sample, spent: Callable[..., Spend]
) -> None:
    # gemini-2.5-pro: $1.25, above 200,000 $2.50
    sample(1, used=200_000, model="gemini-2.5-pro")
    sample(2, used=200_001, model="gemini-2.5-pro")

    assert total_of(spent().cells).cost == Decimal("0.7500025")


def test_of_a_span_only_its_samples_and_sessions_count(
    session: LLMSession, sample: Sample, spent: Callable[..., Spend]
) -> None:
    LLMSession.objects.update(changed_us=int(LATER.timestamp() * 1_000_000))
    sample(0)
    sample(60)

    since = START + timedelta(minutes=30)

    assert total_of(spent(since).cells).requests == 1
    assert total_of(spent(None, since).cells).requests == 1
    LLMSession.objects.update(changed_us=0)
    assert spent(since).cells == []  # nothing was written to it since


def test_sessions_that_have_been_silent_are_left_out_whole(
    session: LLMSession, sample: Sample
) -> None:
    LLMSession.objects.update(last_at=START + timedelta(minutes=60))
    sample(0)
    sample(60)
    asked = [session.project], None, LATER

    heard = spend_of(*asked, heard_since=START + timedelta(minutes=60))
    assert heard == spend_of(*asked)
    assert total_of(heard.cells).requests == 2
    silent = spend_of(*asked, heard_since=START + timedelta(minutes=61))
    assert (silent.cells, silent.sessions) == ([], {})


def test_without_usage_there_is_a_request_and_no_cost(
    sample: Sample, spent: Callable[..., Spend]
) -> None:
    sample(0, input_tokens=None)

    (cell,) = spent().cells
    assert (cell.requests, cell.told, cell.cost) == (1, 0, None)
    assert spent().as_of == ""


def test_an_unnamed_model_is_its_sessions(
    sample: Sample, spent: Callable[..., Spend]
) -> None:
    sample(0, model="")

    found = spent()

    assert found.name_of(found.cells[0], "model") == "house-llm"
    assert found.as_of == datetime.now(UTC).date().isoformat()
    assert UsageSample.objects.count() == 1


def test_each_day_has_its_price_and_says_whose_it_is(
    sample: Sample, spent: Callable[..., Spend]
) -> None:
    # o3: $10 of input until 2025-06-10, then $2.
    for day in (9, 10):
        made = sample(used=100_000, model="o3")
        UsageSample.objects.filter(pk=made.pk).update(
            at=datetime(2025, 6, day, 23, tzinfo=UTC)
        )

    found = spent()

    assert [cell.cost for cell in found.cells] == [1, Decimal("0.2")]
    told = [(used.model, str(used.until), used.prices.input) for used in found.prices]
    assert told == [("o3", "2025-06-10", 10), ("o3", "None", 2)]
    assert all(used.source for used in found.prices)
