"""Compares stored sums with the sums of their rows, for `manage.py verify`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored sum that is wrong: `stored` is in the row, `counted` was computed.

    `is_repaired` is False without `--repair`, and where only a person can say which of
    the two is right.
    """

    what: str
    field: str
    stored: Any
    counted: Any
    is_repaired: bool = False

    def __str__(self) -> str:
        done = "  repaired" if self.is_repaired else ""
        return (
            f"{self.what}: {self.field} is {self.stored}, counted {self.counted}{done}"
        )


COUNTS = frozenset(("sample_count", "event_count", "compression_count", "saved_tokens"))


def compare(
    row: Any, counted: dict[str, Any], name: str, repair: bool, *, is_pruned: bool
) -> list[Difference]:
    wrong: dict[str, Any] = {}
    found = []
    for field, value in counted.items():
        stored = getattr(row, field)
        if stored == value or is_pruned and _is_remembered(field, stored, value):
            continue
        wrong[field] = value
        found.append(Difference(name, field, stored, value, repair))
    if repair and wrong:
        type(row).objects.filter(pk=row.pk).update(**wrong)
    return found


def _is_remembered(field: str, stored: Any, counted: Any) -> bool:
    """Whether the difference comes from pruning: the row still counts deleted rows."""
    if field in COUNTS:
        return bool(stored > counted)
    if counted is None:
        return True
    if isinstance(counted, datetime) and field == "first_at":
        return stored is not None and bool(stored < counted)
    return False
