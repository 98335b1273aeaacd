"""A session's row: its description is written where it has changed."""

from __future__ import annotations

from dataclasses import replace

from tests.ingest.judging.reported_text import Door, text
from tracker.models import LLMSession


def test_a_description_is_written_when_it_changes_and_left_alone_otherwise(
    door: Door,
) -> None:
    def told() -> tuple[str, dict[str, str], int]:
        row = LLMSession.objects.get()
        return row.title, row.metadata, row.used_tokens

    named = replace(text(1_000), title="First", metadata={"team": "search"})
    door(named)
    assert told() == ("First", {"team": "search"}, 1_000)

    door(replace(text(2_000), title="Second"))
    door(replace(text(3_000), metadata={"branch": "main"}))
    assert told() == ("Second", {"team": "search", "branch": "main"}, 3_000)

    # By hand, so that a statement that names the title would be seen.
    LLMSession.objects.update(title="By hand")
    door(text(4_000))
    door(text(5_000))
    assert told() == ("By hand", {"team": "search", "branch": "main"}, 5_000)
