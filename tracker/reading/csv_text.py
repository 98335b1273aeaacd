"""Rows as CSV that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.conversation.text.visible_text import no_formula


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """One line a row. Times are ISO 8601, objects and lists JSON, None is empty.

    A client's text that begins like a formula gets a ' before it: `=1+1` -> `'=1+1`.
    Else a spreadsheet would compute what a stranger wrote.
    """
    text = io.StringIO()
    csv.writer(text).writerows(map(_cell, row) for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return no_formula(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return value
