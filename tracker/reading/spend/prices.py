"""Which price a request's tokens had on their day, and which prices were used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tracker.domain.providers.catalogue import Catalogue, EarlierPrices, ModelInfo
from tracker.domain.providers.pricing import PriceList, Prices
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.domain.spend.cells import Cell, priced


@dataclass(frozen=True, slots=True)
class UsedPrice:
    """A price that some of the cells cost. `until` is the day from which another one
    holds, None for the present one; `source` says who had it, and of which day.
    """

    model: str
    prices: Prices
    until: date | None
    source: str


class PricesInUse:
    """Prices of a model's requests in a band of input."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, ModelInfo | None] = {}
        self.dates: set[str] = set()
        self._used: set[tuple[str, EarlierPrices | None]] = set()
        lists = [
            prices
            for info in catalogue.models.values()
            for prices in (info.prices, *(each.prices for each in info.earlier))
            if prices is not None
        ]
        self.thresholds = sorted({p.long_tokens for p in lists if p.long_tokens})

    def cell(self, row: dict[str, Any], unnamed: str) -> Cell:
        model = row["model"] or unnamed
        if model not in self._known:
            self._known[model] = self._catalogue.find(model)
        info = self._known[model]
        hour = datetime.strptime(row["hour"], "%Y-%m-%d %H").replace(tzinfo=UTC)
        listed = info.prices_on(hour.date()) if info is not None else None
        prices = None
        if listed is not None:
            band = row["band"]
            tokens = self.thresholds[band - 1] + 1 if band else 0
            prices = PriceList(listed.prices_at(tokens))
        cell = priced(
            hour,
            row["session"],
            model,
            row["requests"],
            row["told"],
            ReportedUsage(
                input_tokens=row["input"] or 0,
                output_tokens=row["output"] or 0,
                cache_read_tokens=row["read"] or 0,
                cache_creation_tokens=row["written"] or 0,
                semantics="sums",
                cache_hour_tokens=row["for_hour"] or 0,
            ),
            prices,
        )
        if info is not None and cell.cost is not None:
            self.dates.add(info.as_of)
            self._used.add((model, info.earlier_on(hour.date())))
        return cell

    def used(self) -> tuple[UsedPrice, ...]:
        found = []
        for model, earlier in self._used:
            info = self._known[model]
            if earlier is not None:
                base, until = earlier.prices.base, earlier.until
                found.append(UsedPrice(model, base, until, earlier.source))
            elif info is not None and info.prices is not None:
                source = f"{info.source}, {info.as_of}"
                found.append(UsedPrice(model, info.prices.base, None, source))
        return tuple(sorted(found, key=lambda p: (p.model, p.until or date.max)))
