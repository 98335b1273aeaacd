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
    """A price that was used for some of the cells. `until` is the day from which
    another price applies, None for the present one; `source` is where and when it was
    published.
    """

    model: str
    prices: Prices
    until: date | None
    source: str


_Found = tuple[ModelInfo | None, PriceList | None, EarlierPrices | None]


class PricesInUse:
    """Prices of a model's requests in a band of input."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, ModelInfo | None] = {}
        self._prices: dict[tuple[str, str, int], _Found] = {}  # model, day, band
        self._hours: dict[str, datetime] = {}
        self.dates: set[str] = set()
        self._used: set[tuple[str, EarlierPrices | None]] = set()
        lists = [
            prices
            for info in catalogue.models.values()
            for prices in (info.prices, *(each.prices for each in info.earlier))
            if prices is not None
        ]
        self.thresholds = sorted({p.long_tokens for p in lists if p.long_tokens})

    def cell(self, row: dict[str, Any], unnamed: str = "") -> Cell:
        """`row`: sums of requests from `hour` on, "2026-11-26 14" or "2026-11-26"."""
        model = row["model"] or unnamed
        asked = model, row["hour"][:10], row["band"]
        if asked not in self._prices:
            self._prices[asked] = self._prices_of(*asked)
        info, prices, earlier = self._prices[asked]
        hour = self._hours.get(row["hour"])
        if hour is None:
            hour = datetime.fromisoformat(row["hour"]).replace(tzinfo=UTC)
            self._hours[row["hour"]] = hour
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
            self._used.add((model, earlier))
        return cell

    @property
    def change_days(self) -> list[date]:
        """The days on which the price of some model changed, the oldest first."""
        infos = self._catalogue.models.values()
        return sorted({each.until for info in infos for each in info.earlier})

    def of(self, model: str, day: date, band: int) -> Prices | None:
        prices = self._prices_of(model, day.isoformat(), band)[1]
        return None if prices is None else prices.base

    def lacks_output(self, model: str) -> bool:
        """Whether some price of the model has no output: it prices only requests
        without any.
        """
        info = self._info(model)
        lists = [] if info is None else [info.prices, *(e.prices for e in info.earlier)]
        return any(p is not None and p.base.output is None for p in lists)

    def _prices_of(self, model: str, day: str, band: int) -> _Found:
        info = self._info(model)
        if info is None:
            return None, None, None
        on = date.fromisoformat(day)
        listed = info.prices_on(on)
        tokens = self.thresholds[band - 1] + 1 if band else 0
        prices = None if listed is None else PriceList(listed.prices_at(tokens))
        return info, prices, info.earlier_on(on)

    def _info(self, model: str) -> ModelInfo | None:
        if model not in self._known:
            self._known[model] = self._catalogue.find(model)
        return self._known[model]

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
