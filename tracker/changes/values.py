"""What a change changed: each field's old and new value, for people to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

LONGEST = 200  # characters of one value


def changed_values(
    before: Model | None,
    after: Model,
    names: Iterable[str],
    *,
    labels: Mapping[str, str] | None = None,
    secret: Collection[str] = (),
) -> str:
    """`Reserve: 4,000 → 20,000; Target: 60 % → 55 %`; "" when nothing changed, "Added."
    without `before`. Of a secret field only that it changed.
    """
    if before is None:
        return "Added."
    known = labels or {}
    parts = []
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            old, new = _as_seen(before, name, old), _as_seen(after, name, new)
            label = known.get(name, name.replace("_", " ").capitalize())
            parts.append(change_said(label, old, new, is_secret=name in secret))
    return "; ".join(parts)


def _as_seen(row: Model, name: str, value: Any) -> Any:
    """A choice by its word, a percentage with its sign."""
    word = getattr(row, f"get_{name}_display", None)
    if word is not None:
        return word()
    if name.endswith("_percent") and value is not None:
        return f"{shown(value)} %"
    return value


def change_said(label: str, old: Any, new: Any, *, is_secret: bool = False) -> str:
    """`Role: Viewer → Reviewer`; `Target: changed` of a secret."""
    if is_secret:
        return f"{label}: changed"
    return f"{label}: {shown(old)} → {shown(new)}"


def shown(value: Any) -> str:
    """A value in one line: `20,000`, `55.5`, `yes`, `read, write`, `empty`."""
    if value is None or value in ("", [], ()):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M %Z}"
    if isinstance(value, list | tuple):
        return shown(", ".join(map(str, value)))
    text = " ".join(str(value).split()).replace("\0", "")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
