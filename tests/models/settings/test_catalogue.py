"""The operator's models over the packaged snapshot, and what that does to budgets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tracker.domain.providers.catalogue import packaged_catalogue
from tracker.models import CatalogueModel
from tracker.models.settings.catalogue import load_catalogue
from tracker.models.settings.policies import load_policy_book

pytestmark = pytest.mark.django_db


def add(name: str, **fields: Any) -> CatalogueModel:
    row = CatalogueModel(name=name, **fields)
    row.full_clean()
    row.save()
    return row


def test_without_rows_the_packaged_snapshot_speaks() -> None:
    assert load_catalogue() is packaged_catalogue()


def test_an_unknown_model_is_known_once_it_has_a_row() -> None:
    assert load_catalogue().find("house-llm") is None

    add("house-llm", window_tokens=64_000)

    info = load_catalogue().find("house-llm")
    assert info is not None
    assert (info.window_tokens, info.max_input_tokens) == (64_000, None)
    assert info.source == "set in the admin"


def test_empty_fields_are_the_snapshot_s() -> None:
    packaged = packaged_catalogue().find("claude-sonnet-4-5")
    assert packaged is not None and packaged.prices is not None

    add("claude-sonnet-4-5", input_price=Decimal("2.5"))

    info = load_catalogue().find("claude-sonnet-4-5")
    assert info is not None and info.prices is not None
    assert info.window_tokens == packaged.window_tokens
    assert info.max_output_tokens == packaged.max_output_tokens
    assert info.prices.base.input == Decimal("2.5")
    assert info.prices.base.output == packaged.prices.base.output
    assert info.prices.long_tokens == packaged.prices.long_tokens


def test_a_window_set_here_is_not_cut_to_the_snapshot_s_input() -> None:
    packaged = packaged_catalogue().find("gpt-5")
    assert packaged is not None and packaged.budget_window_tokens == 272_000

    add("gpt-5", window_tokens=500_000)

    assert load_catalogue().window_of("gpt-5") == 500_000


def test_prices_alone_leave_the_snapshot_s_input_limit() -> None:
    add("gpt-5", output_price=Decimal(9))

    assert load_catalogue().window_of("gpt-5") == 272_000


def test_prices_of_a_model_the_snapshot_lacks() -> None:
    add("house-llm", window_tokens=64_000, input_price=Decimal("0.1"))

    info = load_catalogue().find("house-llm")
    assert info is not None and info.prices is not None
    assert info.prices.base.input == Decimal("0.1")
    assert info.prices.base.output is None


@pytest.mark.parametrize(
    "spelling",
    ["openai/house-4", "HOUSE-4", "house-4-2026-01-31", "house-4:free"],
)
def test_any_spelling_finds_the_row(spelling: str) -> None:
    add(" OpenAI/House-4 ", window_tokens=64_000)

    assert CatalogueModel.objects.get().name == "house-4"
    assert load_catalogue().window_of(spelling) == 64_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "house-llm"}, "window_tokens"),
        ({"name": " / "}, "name"),
        ({"name": "house-llm", "window_tokens": 0}, "window_tokens"),
        (
            {"name": "x", "window_tokens": 1_000, "max_input_tokens": 1_001},
            "max_input_tokens",
        ),
        ({"name": "gpt-5", "input_price": Decimal("-1")}, "input_price"),
    ],
)
def test_a_row_that_says_nothing_possible_is_refused(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        CatalogueModel(**fields).full_clean()

    assert field in caught.value.message_dict


def test_a_row_nobody_knows_a_window_for_is_left_out() -> None:
    """Stored without being checked, or its model left the snapshot since."""
    CatalogueModel.objects.create(name="house-llm", input_price=Decimal(1))

    assert load_catalogue() is packaged_catalogue()


def test_a_row_s_window_judges() -> None:
    before = load_policy_book().policy_for(1, "house-llm")
    add("house-llm", window_tokens=64_000)

    after = load_policy_book().policy_for(1, "house-llm")

    assert (before.window_tokens, before.window_source) == (200_000, "default")
    assert (after.window_tokens, after.window_source) == (64_000, "catalogue")
