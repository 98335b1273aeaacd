"""Odd values in foreign records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracker.sources.transcripts.agents.records import (
    at,
    dicts,
    moment,
    plain_text,
    read_document,
    tokens,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-05T12:00:00Z", datetime(2026, 1, 5, 12, tzinfo=UTC)),
        ("2026-01-05T12:00:00", datetime(2026, 1, 5, 12, tzinfo=UTC)),
        (1_767_614_400_000, datetime(2026, 1, 5, 12, tzinfo=UTC)),
        ("noon", None),
        (10**30, None),
        (True, None),
        (None, None),
    ],
)
def test_moments(value: Any, expected: datetime | None) -> None:
    assert moment(value) == expected


def test_what_is_not_there_is_nothing() -> None:
    assert at({"a": [1]}, "a", "b") is None
    assert dicts({"a": 1}) == dicts("a") == []
    assert tokens({"a": -5}, "a") == tokens({"a": "x"}, "a") == 0
    assert plain_text({"content": [{"text": "a"}, "b", 7]}) == "a\nb"


def test_a_document_that_is_none_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert read_document(path) is None
    path.write_text("{half")
    assert read_document(path) is None
