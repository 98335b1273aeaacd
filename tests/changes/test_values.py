"""What changed from what to what, in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tracker.changes.values import LONGEST, changed_values, shown
from tracker.models import AlertChannel, Policy


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "empty"), ("", "empty"), ([], "empty"), (True, "yes"), (False, "no"),
        (20_000, "20,000"), (Decimal("55.50"), "55.5"),
        (["read", "write"], "read, write"),
        ("two\nlines\0", "two lines"),
        (datetime(2026, 11, 29, 15, 4, tzinfo=UTC), "2026-11-29 15:04 UTC"),
        ("x" * 999, "x" * LONGEST + "…"),
    ],
)  # fmt: skip
def test_a_value_is_shown_in_one_line(value: Any, text: str) -> None:
    assert shown(value) == text


def test_each_changed_field_is_said_and_a_secret_only_that_it_changed() -> None:
    before = AlertChannel(name="ops", kind="slack", target="https://a.example/s1")
    after = AlertChannel(name="ops", kind="webhook", target="https://b.example/s2")

    said = changed_values(before, after, ("name", "kind", "target"), secret=["target"])

    assert said == "Kind: Slack → Webhook; Target: changed"
    assert changed_values(None, after, ("name",)) == "Added."
    assert changed_values(after, after, ("name", "kind")) == ""


def test_percentages_have_their_sign() -> None:
    before, after = Policy(warning_percent=Decimal("80.00")), Policy()

    assert changed_values(before, after, ["warning_percent"]) == (
        "Warning percent: 80 % → empty"
    )
