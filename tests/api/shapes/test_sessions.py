from __future__ import annotations

from decimal import Decimal

import msgspec


def test_money_is_answered_to_a_hundredth_of_a_cent() -> None:
    from tracker.api.shapes.sessions import Cost
    from tracker.domain.providers.pricing import SavedMoney
    from tracker.reading.sessions.costs import SessionCost

    saved = SavedMoney(cached=Decimal("0.010049"), uncached=Decimal("0.1"))
    cost = SessionCost(None, 0, 1, "2026-11-01", saved)

    assert msgspec.to_builtins(Cost.of(cost)) == {
        "amount": None,
        "currency": "USD",
        "is_estimate": True,
        "as_of": "2026-11-01",
        "priced_requests": 0,
        "requests": 1,
        "saved": {"cached": 0.01, "uncached": 0.1},
    }


def test_a_forecast_that_says_nothing_is_null() -> None:
    from tracker.api.shapes.sessions import Forecast
    from tracker.domain.budget import forecast

    assert Forecast.of(forecast.Forecast("history", 3)) is None
