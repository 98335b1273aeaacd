"""Makes any Python string, alone or inside JSON-like data, valid UTF-8."""

from __future__ import annotations

import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def repair_text(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates as U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def repair_data(data: Any) -> Any:
    """The same for every string inside dicts and lists.

    Answers the very same object when nothing in it needs repair.
    """
    if isinstance(data, str):
        return repair_text(data)
    if isinstance(data, list):
        items = [repair_data(item) for item in data]
        changed = any(new is not old for new, old in zip(items, data, strict=True))
        return items if changed else data
    if isinstance(data, dict):
        pairs = [(repair_data(key), repair_data(value)) for key, value in data.items()]
        changed = any(
            key is not old_key or value is not old_value
            for (key, value), (old_key, old_value) in zip(
                pairs, data.items(), strict=True
            )
        )
        return dict(pairs) if changed else data
    return data
