"""The metadata of a session stays bounded, and the newest of it stays."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracker.ingest.rows.sessions.gauge_state import METADATA_BYTES, merged

LONG = st.integers(0, 900).map(lambda length: "é" * length)
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=40), LONG)
METADATA = st.dictionaries(st.text(max_size=40), VALUES, max_size=12)


def size(metadata: dict[str, Any]) -> int:
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())


@given(st.lists(METADATA, max_size=12))
def test_it_never_grows_beyond_its_limit_and_the_newest_stay(
    reports: list[dict[str, Any]],
) -> None:
    kept: dict[str, Any] = {}
    for report in reports:
        kept = merged(kept, report)

        assert size(kept) <= METADATA_BYTES
        if size(report) <= METADATA_BYTES:
            assert report.items() <= kept.items()


def test_newer_values_win_and_all_stays_where_there_is_room() -> None:
    assert merged({"a": 1, "b": 2}, {"b": 3, "c": 4}) == {"a": 1, "b": 3, "c": 4}


def test_the_oldest_go_first() -> None:
    kept: dict[str, Any] = {}
    for number in range(100):
        kept = merged(kept, {"team": "search", f"k{number:02}": "x" * 190})

    assert kept["team"] == "search"
    numbers = [key for key in kept if key != "team"]
    assert numbers == [f"k{n:02}" for n in range(100 - len(numbers), 100)]
    assert len(numbers) > 30


def test_one_that_alone_is_too_large_is_left_out() -> None:
    assert merged({"a": 1}, {"b": "x" * METADATA_BYTES, "c": 2}) == {"a": 1, "c": 2}


async def test_a_key_of_its_own_in_each_report_fills_no_row(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession

    for start in range(0, 600, 100):
        batch = [
            {"session": "s", "tokens": {}, "metadata": {f"request-{n}": "x" * 90}}
            for n in range(start, start + 100)
        ]
        assert (await api.post("/usage", batch)).json()["accepted"] == 100
    session = await in_db(LLMSession.objects.get)

    assert size(session.metadata) <= METADATA_BYTES
    assert "request-599" in session.metadata and "request-0" not in session.metadata
    assert session.sample_count == 600
