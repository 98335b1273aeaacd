"""Request bodies as JSON bytes: a value, a batch of reports, a batch read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def to_json(value: Any) -> bytes:
    """`value` as UTF-8 JSON. SDK objects become their data, other objects their text.

    Raises TypeError, ValueError or RecursionError for what JSON cannot hold: a key
    that is a tuple, NaN, a list that contains itself.
    """
    # A server answers 400 to a body with NaN or a lone surrogate. In a batch that
    # would refuse every other report too: NaN is an error here, where it concerns one
    # report, and a lone surrogate becomes "?".
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", exclude_none=True) if callable(dump) else str(value)


def join_reports(reports: Sequence[bytes]) -> bytes:
    """The body of one POST: a JSON array of reports that are JSON already."""
    return b"[" + b",".join(reports) + b"]"


def split_reports(body: bytes) -> list[bytes] | None:
    """The reports of a body that `join_reports` made; None if it is damaged.

    A file is damaged when the machine lost power while it was written.
    """
    try:
        return [to_json(report) for report in json.loads(body)]
    except (ValueError, TypeError, RecursionError):
        return None
