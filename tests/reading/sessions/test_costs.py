"""What a session cost, and what its compressions saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tracker.domain.providers.pricing import SavedMoney
from tracker.models import (
    CatalogueModel,
    Compression,
    LLMSession,
    Project,
    UsageSample,
)
from tracker.reading.sessions.costs import cost_of_session

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 10, tzinfo=UTC)
MODEL = "house-llm"
Sample = Callable[..., UsageSample]


@pytest.fixture
def session() -> LLMSession:
    """Of a model that costs $1 input, $5 output, 10 cents read, $1.25 written."""
    CatalogueModel.objects.create(
        name=MODEL,
        window_tokens=1_000_000,
        input_price=1,
        output_price=5,
        cache_read_price=Decimal("0.1"),
        cache_creation_price=Decimal("1.25"),
    )
    project = Project.objects.create(slug="search", name="Search")
    return LLMSession.objects.create(
        project=project, key="chat", model=MODEL, created_at=START
    )


@pytest.fixture
def sample(session: LLMSession) -> Sample:
    def make(minute: int = 0, *, used: int = 1_000, **fields: Any) -> UsageSample:
        given = {"input_tokens": used, "model": MODEL, "lane": "main"} | fields
        return UsageSample.objects.create(
            project=session.project,
            session=session,
            at=START + timedelta(minutes=minute),
            event_id=f"e{UsageSample.objects.count()}",
            used_tokens=used,
            system_tokens=0,
            history_tokens=used,
            user_context_tokens=0,
            tools_tokens=0,
            unattributed_tokens=0,
            window_tokens=200_000,
            window_source="default",
            available_tokens=196_000,
            level="ok",
            source="reported",
            origin="api",
            **given,
        )

    return make


def cut(session: LLMSession, minute: int, **fields: Any) -> Compression:
    given = {"before_tokens": 150_000, "after_tokens": 50_000, "model": MODEL}
    return Compression.objects.create(
        project=session.project,
        session=session,
        seq=Compression.objects.count() + 1,
        at=START + timedelta(minutes=minute),
        performed_by="client",
        trigger="auto",
        **(given | fields),
    )


def test_input_output_and_cache_are_priced_apart(
    session: LLMSession, sample: Sample
) -> None:
    sample(
        used=1_000_000,
        output_tokens=100_000,
        cache_read_tokens=600_000,
        cache_creation_tokens=200_000,
    )
    sample(used=500_000)

    cost = cost_of_session(session)

    assert cost is not None
    # 200,000 fresh, 100,000 out, 600,000 read, 200,000 written; then 500,000 fresh.
    assert cost.amount == Decimal("0.2") + Decimal("0.5") + Decimal("0.06") + Decimal(
        "0.25"
    ) + Decimal("0.5")
    assert (cost.priced_requests, cost.requests) == (2, 2)
    assert cost.as_of == CatalogueModel.objects.get().updated_at.date().isoformat()


def test_lanes_and_other_models_are_part_of_it(
    session: LLMSession, sample: Sample
) -> None:
    CatalogueModel.objects.create(name="small", window_tokens=9_000, input_price=2)
    sample(used=1_000_000)
    sample(used=1_000_000, lane="explore", model="small")
    sample(used=1_000_000, model="")  # the session's own
    sample(used=1_000_000, model="never-heard-of")

    cost = cost_of_session(session)

    assert cost is not None
    assert cost.amount == 4
    assert (cost.priced_requests, cost.requests) == (3, 4)


def test_only_reported_usage_is_priced(session: LLMSession, sample: Sample) -> None:
    sample(used=1_000_000, input_tokens=None)

    assert cost_of_session(session) is None


def test_an_output_without_a_price_leaves_its_model_out(
    session: LLMSession, sample: Sample
) -> None:
    CatalogueModel.objects.create(name="small", window_tokens=9_000, input_price=2)
    sample(used=1_000_000, model="small", output_tokens=1)

    assert cost_of_session(session) is None


def test_long_requests_cost_what_long_ones_do(
    session: LLMSession, sample: Sample
) -> None:
    """Claude Sonnet 4: $3 a million, $6 for all of a request above 200,000."""
    model = "claude-sonnet-4"
    sample(used=200_000, model=model)
    sample(used=200_001, model=model)

    cost = cost_of_session(session)

    assert cost is not None
    assert cost.amount == (200_000 * 3 + 200_001 * 6) / Decimal(1_000_000)


def test_a_compression_saves_until_the_next_one(
    session: LLMSession, sample: Sample
) -> None:
    for minute in range(10):
        sample(minute, used=50_000)
    cut(session, 2)  # 3, 4, 5 and 6 follow
    cut(session, 6, after_tokens=149_000)  # 7, 8 and 9

    cost = cost_of_session(session)

    assert cost is not None and cost.saved is not None
    tokens = 4 * 100_000 + 3 * 1_000
    assert cost.saved.uncached == tokens / Decimal(1_000_000)
    assert cost.saved.cached == tokens / Decimal(10_000_000)


def test_lanes_save_for_themselves_and_advice_saves_nothing(
    session: LLMSession, sample: Sample
) -> None:
    for minute in range(4):
        sample(minute)
    sample(3, lane="explore")
    cut(session, 0, lane="explore")
    cut(session, 0, is_advice=True)

    cost = cost_of_session(session)

    assert cost is not None and cost.saved is not None
    assert cost.saved.uncached == Decimal("0.1")


def test_of_two_compressions_at_one_moment_the_later_one_saves(
    session: LLMSession, sample: Sample
) -> None:
    sample(2)
    cut(session, 1)
    cut(session, 1, after_tokens=149_000)

    cost = cost_of_session(session)

    assert cost is not None and cost.saved is not None
    assert cost.saved.uncached == Decimal("0.001")


def test_a_compression_no_request_followed_has_saved_nothing_yet(
    session: LLMSession, sample: Sample
) -> None:
    sample(1)
    cut(session, 1)

    cost = cost_of_session(session)

    assert cost is not None and cost.saved is None


def test_savings_are_told_where_only_counts_were_reported(
    session: LLMSession, sample: Sample
) -> None:
    cut(session, 0)
    sample(1, input_tokens=None)

    cost = cost_of_session(session)

    assert cost is not None
    assert (cost.amount, cost.priced_requests, cost.requests) == (None, 0, 1)
    assert cost.saved == SavedMoney(cached=Decimal("0.01"), uncached=Decimal("0.1"))


def test_a_compression_of_an_unknown_model_saves_no_known_money(
    session: LLMSession, sample: Sample
) -> None:
    sample(1)
    cut(session, 0, model="never-heard-of")

    cost = cost_of_session(session)

    assert cost is not None and cost.saved is None
    assert cost.amount == Decimal("0.001")


def test_the_queries_do_not_grow_with_the_samples(
    session: LLMSession, sample: Sample, django_assert_max_num_queries: Any
) -> None:
    for minute in range(50):
        sample(minute)
    cut(session, 10)

    with django_assert_max_num_queries(5):
        cost_of_session(session)


def test_each_request_costs_what_its_day_cost(
    session: LLMSession, sample: Sample
) -> None:
    # o3: $10 of input until 2025-06-10, then $2.
    for day in (9, 10):
        made = sample(used=100_000, model="o3")
        UsageSample.objects.filter(pk=made.pk).update(
            at=datetime(2025, 6, day, 23, tzinfo=UTC)
        )

    cost = cost_of_session(session)

    assert cost is not None and cost.amount == Decimal("1.2")
    assert cost.priced_requests == 2


def test_a_price_set_here_is_that_of_all_days(
    session: LLMSession, sample: Sample
) -> None:
    CatalogueModel.objects.create(name="o3", input_price=3)
    made = sample(used=100_000, model="o3")
    UsageSample.objects.filter(pk=made.pk).update(at=datetime(2025, 1, 1, tzinfo=UTC))

    cost = cost_of_session(session)

    assert cost is not None and cost.amount == Decimal("0.3")
