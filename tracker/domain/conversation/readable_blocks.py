"""What can be read of a block that has no reader of its own: a provider's own tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Ids, seals and bytes: nobody can read them, and a model is not shown them as text.
_SILENT = frozenset(
    {
        "type", "id", "tool_use_id", "encrypted_content", "encrypted_index",
        "encrypted_stdout", "signature", "cache_control", "blob", "base64",
    }
)  # fmt: skip
_SPEAKING = frozenset({"text", "content", "output", "stdout", "stderr", "cited_text"})
_BYTES = re.compile(r"[A-Za-z0-9+/_=-]{400,}")
_MOST_VALUES = 2_000


def readable_text(block: Any) -> str:
    """Its texts, one a line, and other values as `key: value`, in their order.

    `{"type": "web_search_tool_result", "content": [{"type": "web_search_result",
    "title": "Tides", "url": "https://tides.test", "encrypted_content": "Eo8…"}]}` is
    "title: Tides" and "url: https://tides.test". At most 2,000 values.
    """
    lines: list[str] = []
    waiting: list[tuple[str, Any]] = [("", block)]  # no recursion: clients choose depth
    while waiting and len(lines) < _MOST_VALUES:
        key, value = waiting.pop()
        if isinstance(value, Mapping):
            is_text = value.get("type") == "text"
            waiting.extend(
                (str(name), inner)
                for name, inner in reversed(list(value.items()))
                if name not in _SILENT and (name != "data" or is_text)
            )
        elif isinstance(value, list):
            waiting.extend((key, inner) for inner in reversed(value))
        elif isinstance(value, str):
            if value.strip() and not _BYTES.fullmatch(value):
                lines.append(
                    value if key in _SPEAKING or not key else f"{key}: {value}"
                )
        elif value is not None:
            lines.append(f"{key}: {value}" if key else str(value))
    return "\n".join(lines)
