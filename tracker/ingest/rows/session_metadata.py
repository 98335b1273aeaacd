"""What a session keeps of the metadata of all its reports: never more than a limit."""

from __future__ import annotations

from typing import Any

import msgspec

MOST_BYTES = 8_192  # as JSON, as for one report


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Newer values win. What does not fit is left out: of `old` first, which loses
    those at its beginning, then the end of `new`.
    """
    whole = {key: value for key, value in old.items() if key not in new} | new
    if _size(whole) <= MOST_BYTES:
        return whole
    kept: dict[str, Any] = {}
    room = MOST_BYTES - 2
    older = [(key, value) for key, value in old.items() if key not in new]
    for key, value in [*new.items(), *reversed(older)]:
        size = _size({key: value}) - 1  # a brace less, a comma more
        if size <= room:
            kept[key] = value
            room -= size
    # In the order it was told, so that the oldest stays first in line to go.
    return {key: value for key, value in whole.items() if key in kept}


def _size(metadata: dict[str, Any]) -> int:
    return len(msgspec.json.encode(metadata))
