"""Lines that the database writes have the bytes that Python would write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.line_cases import TEXTS, both_ways
from tracker.reading.line_texts import line_text


def test_the_database_writes_what_python_writes(project: Any) -> None:
    found = both_ways(project.pk)

    assert sorted(found) == [
        "events.csv", "events.ndjson", "usage.csv", "usage.ndjson"
    ]  # fmt: skip
    for name, (by_database, by_python) in found.items():
        assert by_database == by_python, name
        assert by_database.count("漢") >= 3 and len(by_database) > 50 * len(TEXTS)


@pytest.mark.parametrize("path", ["used_ratio", "metadata"])
def test_a_float_or_json_is_left_to_python(path: str) -> None:
    from tracker.models import LLMSession

    assert line_text("csv", LLMSession, [("id", "id"), ("x", path)]) is None


def test_a_field_without_a_look_for_quotes_is_never_a_clients() -> None:
    """A field as short as a word of ours is written as it is."""
    from tracker.api.exports import EXPORTS
    from tracker.reading.line_texts import _OUR_WORDS
    from tracker.reading.plain_rows import field_at

    short = {
        name
        for what in ("usage", "events")
        for name, path in EXPORTS[what].columns
        if field_at(EXPORTS[what].rows().model, path).max_length in _OUR_WORDS
    }

    assert short == {
        "window_source", "level", "source", "parts_source", "origin", "implausible",
        "partial", "from_level", "to_level",
    }  # fmt: skip
