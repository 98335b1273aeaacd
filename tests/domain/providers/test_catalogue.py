from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tracker.domain.providers import catalogue
from tracker.domain.providers.catalogue import (
    Catalogue,
    ModelInfo,
    packaged_catalogue,
    window_of,
)


@pytest.mark.parametrize(
    ("model", "window", "max_input", "max_output", "budget"),
    [
        ("gpt-5", 400_000, 272_000, 128_000, 272_000),
        ("openai/gpt-5-2025-08-07", 400_000, 272_000, 128_000, 272_000),
        ("gpt-5.1-codex", 400_000, 272_000, 128_000, 272_000),
        ("gpt-4o", 128_000, 128_000, 16_384, 128_000),
        ("claude-sonnet-4-5-20250929", 200_000, 200_000, 64_000, 200_000),
        ("gemini/gemini-2.5-pro", 1_048_576, 1_048_576, 65_536, 1_048_576),
    ],
)
def test_window_input_and_output_are_three_numbers(
    model: str, window: int, max_input: int, max_output: int, budget: int
) -> None:
    info = packaged_catalogue().find(model)

    assert info is not None
    limits = (info.window_tokens, info.max_input_tokens, info.max_output_tokens)
    assert limits == (window, max_input, max_output)
    assert info.budget_window_tokens == window_of(model) == budget


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
        "CLAUDE-Sonnet-4-5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "vertex_ai/claude-sonnet-4-5@20250929",
        "openrouter/anthropic/claude-sonnet-4.5",
        "claude-sonnet-4-5-latest",
    ],
)
def test_every_spelling_finds_the_model(model: str) -> None:
    info = packaged_catalogue().find(model)

    assert info is not None
    assert info == packaged_catalogue().find("claude-sonnet-4-5")


@pytest.mark.parametrize(
    "model", ["claude-3-5-sonnet-20240620", "claude-opus-4-20250514", "gpt-4-32k"]
)
def test_retired_models_are_still_known(model: str) -> None:
    assert packaged_catalogue().find(model) is not None


@pytest.mark.parametrize(
    "model", ["", "my-model", "gpt-5-ultra", "claude-sonnet", "gpt", "house:8b"]
)
def test_an_unknown_model_is_not_guessed(model: str) -> None:
    assert packaged_catalogue().find(model) is None
    assert window_of(model) is None


def test_the_mark_of_a_million_widens_the_window_and_nothing_else() -> None:
    plain = packaged_catalogue().find("claude-sonnet-4-5")
    wide = packaged_catalogue().find("claude-sonnet-4-5[1m]")

    assert plain is not None and wide is not None
    assert wide == replace(plain, window_tokens=1_000_000, max_input_tokens=1_000_000)
    assert packaged_catalogue().find("my-model[1m]") is None


def test_prices_and_their_origin_come_with_the_model() -> None:
    info = packaged_catalogue().find("gemini-2.5-pro")

    assert info is not None and info.prices is not None
    assert info.prices.base.input == Decimal("1.25")
    assert info.prices.long_tokens == 200_000
    assert info.prices.prices_at(200_001).input == Decimal("2.5")
    assert info.source.startswith("litellm")
    assert len(info.as_of.split("-")) == 3


OWN = ModelInfo(
    name="Acme/My-Model",
    window_tokens=32_000,
    max_input_tokens=None,
    max_output_tokens=None,
    prices=None,
    as_of="2026-01-01",
    source="admin",
)


def test_rows_of_ones_own_come_first() -> None:
    gpt = replace(OWN, name="openai/gpt-5", window_tokens=1)
    own = packaged_catalogue().with_models(OWN, gpt)

    assert own.find("my-model") == OWN
    assert OWN.budget_window_tokens == 32_000
    assert own.find("gpt-5-2025-08-07") == gpt
    assert own.find("gpt-4o") == packaged_catalogue().find("gpt-4o")


def test_the_packaged_snapshot_is_sound() -> None:
    models = packaged_catalogue().models

    assert len(models) > 250
    for name, info in models.items():
        assert info.name == name == name.lower()
        assert packaged_catalogue().find(name) == info
        assert 0 < info.budget_window_tokens <= info.window_tokens
        assert info.max_output_tokens is None or info.max_output_tokens > 0


def test_the_licence_travels_with_the_numbers() -> None:
    file = Path(catalogue.__file__).with_name("catalogue_data.json")

    assert "Permission is hereby granted" in json.loads(file.read_text())["licence"]


@pytest.mark.parametrize("snapshot", [{}, {"as_of": "x", "source": "y"}])
def test_something_else_is_no_snapshot(snapshot: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        Catalogue.from_snapshot(snapshot)


def test_a_day_has_the_price_of_then() -> None:
    o3 = packaged_catalogue().find("o3-2025-04-16")

    assert o3 is not None and o3.prices is not None
    before, after = o3.prices_on(date(2025, 6, 9)), o3.prices_on(date(2025, 6, 10))
    assert before is not None and after is not None
    assert (before.base.input, before.base.output) == (10, 40)
    assert after is o3.prices and after.base.input == 2


def test_a_long_context_cost_more_while_it_was_a_beta() -> None:
    """Anthropic charged every token of a request beyond 200,000 at the higher price."""
    sonnet = packaged_catalogue().find("claude-sonnet-4-5-20250929")
    assert sonnet is not None and sonnet.prices is not None

    then = sonnet.prices_on(date(2025, 12, 1))
    assert then is not None

    assert then.prices_at(200_000) == sonnet.prices.base
    assert (then.prices_at(200_001).input, then.prices_at(200_001).output) == (6, 22.5)
    assert sonnet.prices.prices_at(200_001).input == 3
