"""Which session is above all sub-agents."""

from __future__ import annotations

import pytest

from tracker.sources.transcripts.agents.stores.parents import root_of


@pytest.mark.parametrize(
    ("parents", "root"),
    [
        ({"c": None}, "c"),
        ({"a": None, "b": "a", "c": "b"}, "a"),
        ({"c": "deleted"}, "c"),
        ({"a": "c", "c": "a"}, "a"),
    ],
)
def test_the_root_is_the_session_that_has_no_parent(
    parents: dict[str, str | None], root: str
) -> None:
    assert root_of(parents, "c") == root
