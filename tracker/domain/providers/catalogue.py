"""A model's name -> its window, its limits and its prices, as far as is known.

The numbers are a dated snapshot of a maintained source (catalogue_data.json); the
server may put rows of its own beside or over them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from tracker.domain.providers import open_weights
from tracker.domain.providers.model_names import bare_name, is_long_context, known_as
from tracker.domain.providers.pricing import PriceList, Prices

LONG_CONTEXT_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class EarlierPrices:
    """What a model cost before `until` (a UTC day), and the source of that price."""

    until: date
    prices: PriceList
    source: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model's limits, in tokens, from one source; None if the source has no value.

    `window_tokens` is for input and output together; `max_input_tokens` limits the
    request, `max_output_tokens` the answer. `as_of` is the source's date (ISO).
    """

    name: str
    window_tokens: int
    max_input_tokens: int | None
    max_output_tokens: int | None
    prices: PriceList | None
    as_of: str
    source: str
    earlier: tuple[EarlierPrices, ...] = ()  # the oldest first

    def prices_on(self, day: date) -> PriceList | None:
        """What it cost on that day, as far as it is known.

        o3 cost $10 of input before 2025-06-10: on the 9th $10, on the 10th $2.
        """
        earlier = self.earlier_on(day)
        return self.prices if earlier is None else earlier.prices

    def earlier_on(self, day: date) -> EarlierPrices | None:
        """Those that held on that day; None where the present ones did."""
        return next((each for each in self.earlier if day < each.until), None)

    @property
    def budget_window_tokens(self) -> int:
        """The window a budget is measured against: what a request can really fill.

        Where input is limited below the window, the request that passes the limit is
        refused, however much window is left: GPT-5's budget is 272,000 tokens, not
        400,000. The policy's reserve comes off this number.
        """
        if self.max_input_tokens is None:
            return self.window_tokens
        return min(self.window_tokens, self.max_input_tokens)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by their bare names (model_names.py)."""

    models: Mapping[str, ModelInfo]

    def find(self, model: str) -> ModelInfo | None:
        """The model of this name in any spelling, None where it is not known.

        A name ending in `[1m]` has a window of a million tokens.
        """
        for name in known_as(model):
            info = self.models.get(name)
            if info is not None:
                return _with_long_context(info) if is_long_context(model) else info
        return _open_model(bare_name(model))

    def window_of(self, model: str) -> int | None:
        """The window a budget of this model is measured against, None if unknown."""
        info = self.find(model)
        return None if info is None else info.budget_window_tokens

    def with_models(self, *models: ModelInfo) -> Catalogue:
        """A catalogue in which these come first, in whatever spelling they come."""
        own = {bare_name(info.name): info for info in models}
        return Catalogue({**self.models, **own})

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any]) -> Catalogue:
        """Read what snapshot_from_litellm (catalogue_snapshot.py) wrote.

        Raises KeyError, TypeError or ValueError for anything else.
        """
        origin = {"as_of": str(snapshot["as_of"]), "source": str(snapshot["source"])}
        return cls(
            {
                name: ModelInfo(
                    name=name,
                    window_tokens=int(row["window"]),
                    max_input_tokens=row.get("input"),
                    max_output_tokens=row.get("output"),
                    prices=_price_list(row),
                    earlier=tuple(map(_earlier, row.get("earlier", ()))),
                    **origin,
                )
                for name, row in snapshot["models"].items()
            }
        )


@lru_cache(maxsize=1)
def packaged_catalogue() -> Catalogue:
    """The snapshot that came with this release, read once per process."""
    file = resources.files("tracker.domain.providers").joinpath("catalogue_data.json")
    return Catalogue.from_snapshot(json.loads(file.read_text("utf-8")))


@lru_cache(maxsize=1024)  # asked for each request
def window_of(model: str) -> int | None:
    """As `Catalogue.window_of`, by the packaged snapshot."""
    return packaged_catalogue().window_of(model)


def _with_long_context(info: ModelInfo) -> ModelInfo:
    return replace(
        info,
        window_tokens=max(info.window_tokens, LONG_CONTEXT_TOKENS),
        max_input_tokens=max(info.max_input_tokens or 0, LONG_CONTEXT_TOKENS),
    )


def _open_model(name: str) -> ModelInfo | None:
    """A model with open weights that no maker sells under this name: no prices."""
    window = open_weights.open_window(name)
    if window is None:
        return None
    return ModelInfo(
        name=name,
        window_tokens=window,
        max_input_tokens=None,
        max_output_tokens=None,
        prices=None,
        as_of=open_weights.AS_OF,
        source=open_weights.SOURCE,
    )


def _earlier(row: Mapping[str, Any]) -> EarlierPrices:
    prices = _price_list(row)
    if prices is None:
        raise ValueError("earlier prices without prices")
    return EarlierPrices(date.fromisoformat(row["until"]), prices, str(row["source"]))


def _price_list(row: Mapping[str, Any]) -> PriceList | None:
    if "prices" not in row:
        return None
    above = row.get("long")
    return PriceList(
        base=_prices(row["prices"]),
        long_tokens=above["above"] if above else None,
        long=_prices(above["prices"]) if above else Prices(),
    )


def _prices(values: Mapping[str, Any]) -> Prices:
    return Prices(**{name: Decimal(str(value)) for name, value in values.items()})
