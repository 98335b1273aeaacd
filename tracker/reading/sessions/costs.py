"""Estimates by list prices: what a session cost and what its compressions saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from tracker.domain.providers.catalogue import Catalogue, ModelInfo
from tracker.domain.providers.pricing import (
    PriceList,
    Prices,
    SavedMoney,
    cost_of,
    money_saved,
)
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.models.compressions import Compression
from tracker.models.samples import UsageSample
from tracker.models.sessions import LLMSession
from tracker.models.settings.catalogue import load_catalogue

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SUMS = {
    "requests": Count("pk"),
    "input": Sum("input_tokens"),
    "output": Sum("output_tokens"),
    "read": Sum("cache_read_tokens"),
    "creation": Sum("cache_creation_tokens"),
    "hour": Sum("cache_hour_tokens"),
}


@dataclass(frozen=True, slots=True)
class SessionCost:
    """US dollars, lanes included.

    `amount` is the cost of the `priced_requests`: those with reported usage and a model
    whose price is known. None where there are none. `saved` counts the tokens that a
    compression removed once for each request until the next compression.
    """

    amount: Decimal | None
    priced_requests: int
    requests: int
    as_of: str  # the oldest of the prices
    saved: SavedMoney | None


def cost_of_session(session: LLMSession) -> SessionCost | None:
    """None where no price is known. The database sums all samples of the session, so
    use this for one session, never for each session of a list.
    """
    prices = _PriceBook(load_catalogue(), session.model)
    amount, priced, requests = _summed(session, prices)
    saved = _saved({"session": session}, prices)
    if not priced and saved is None:
        return None
    return SessionCost(
        amount if priced else None, priced, requests, min(prices.dates), saved
    )


def amount_of(session: LLMSession) -> Decimal:
    """What its requests with a known price cost."""
    return _summed(session, _PriceBook(load_catalogue(), session.model))[0]


def _summed(session: LLMSession, prices: _PriceBook) -> tuple[Decimal, int, int]:
    """The cost, of how many requests, and how many there are."""
    samples = UsageSample.objects.filter(session=session)
    amount, priced, requests = Decimal(0), 0, 0
    for model, count in _requests_by_model(samples):
        requests += count
        for price_list, span in prices.over_time(model):
            cost, of = _cost(samples.filter(model=model, **span), price_list)
            amount, priced = amount + cost, priced + of
    return amount, priced, requests


class _PriceBook:
    """Prices by model. Remembers the dates of those that were asked for."""

    def __init__(self, catalogue: Catalogue, unnamed: str) -> None:
        self._catalogue = catalogue
        self._unnamed = unnamed  # the model of samples that name none
        self.dates: list[str] = []

    def of(self, model: str, day: date) -> PriceList | None:
        """What it cost on that day."""
        info = self._known(model)
        return None if info is None else info.prices_on(day)

    def over_time(self, model: str) -> Iterator[tuple[PriceList, dict[str, datetime]]]:
        """Its prices, the oldest first, each with a filter of the samples it is for."""
        info = self._known(model)
        if info is None or info.prices is None:
            return
        since: dict[str, datetime] = {}
        for each in info.earlier:
            until = datetime.combine(each.until, time.min, UTC)
            yield each.prices, {**since, "at__lt": until}
            since = {"at__gte": until}
        yield info.prices, since

    def _known(self, model: str) -> ModelInfo | None:
        info = self._catalogue.find(model or self._unnamed)
        if info is not None and info.prices is not None:
            self.dates.append(info.as_of)
        return info


def _requests_by_model(samples: QuerySet[UsageSample]) -> list[tuple[str, int]]:
    rows = samples.order_by("model").values_list("model").annotate(n=Count("pk"))
    return list(rows)


def _cost(samples: QuerySet[UsageSample], prices: PriceList) -> tuple[Decimal, int]:
    """What the samples with reported usage cost, and how many have a price."""
    reported = samples.exclude(input_tokens=None)
    if prices.long_tokens is None:
        return _sum(reported, prices.base)
    short = _sum(reported.filter(input_tokens__lte=prices.long_tokens), prices.base)
    long_prices = prices.prices_at(prices.long_tokens + 1)
    long = _sum(reported.filter(input_tokens__gt=prices.long_tokens), long_prices)
    return short[0] + long[0], short[1] + long[1]


def _sum(samples: QuerySet[UsageSample], prices: Prices) -> tuple[Decimal, int]:
    sums = samples.aggregate(**SUMS)
    usage = ReportedUsage(
        input_tokens=sums["input"] or 0,
        output_tokens=sums["output"],
        cache_read_tokens=sums["read"] or 0,
        cache_creation_tokens=sums["creation"] or 0,
        semantics="sums",
        cache_hour_tokens=sums["hour"] or 0,
    )
    cost = cost_of(usage, PriceList(prices))
    return (Decimal(0), 0) if cost is None else (cost, sums["requests"])


def saved_by(which: dict[str, Any], catalogue: Catalogue) -> SavedMoney | None:
    """What the applied compressions that `which` filters have saved so far, at list
    prices. None without any, or where their models have no known price.
    """
    return _saved(which, _PriceBook(catalogue, ""))


def _saved(which: dict[str, Any], prices: _PriceBook) -> SavedMoney | None:
    known = []
    for cut in _with_requests(which):
        price_list = prices.of(cut.model, cut.at.date())
        if price_list is not None and cut.requests is not None:
            known.append(money_saved(cut.saved_tokens * cut.requests, price_list))
    sums = [saved for saved in known if saved is not None]
    if not sums:
        return None
    return SavedMoney(
        cached=sum((saved.cached for saved in sums), Decimal(0)),
        uncached=sum((saved.uncached for saved in sums), Decimal(0)),
    )


def _with_requests(which: dict[str, Any]) -> QuerySet[Compression, Any]:
    """Applied compressions. `requests` is how many requests the lane made until its
    next compression; None where it made none.
    """
    applied = Compression.objects.filter(is_advice=False)
    same_lane = {"session": OuterRef("session"), "lane": OuterRef("lane")}
    later = applied.filter(**same_lane).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    next_at = Subquery(later.order_by("at").values("at")[:1])
    requests = (
        UsageSample.objects.filter(
            **same_lane, at__gt=OuterRef("at"), at__lte=OuterRef("until")
        )
        .order_by()
        .values("session")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = applied.filter(**which)
    return found.annotate(until=Coalesce(next_at, Value(NEVER))).annotate(
        requests=Subquery(requests)
    )
