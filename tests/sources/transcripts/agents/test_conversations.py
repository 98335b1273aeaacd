"""What one file tells, across its lanes."""

from __future__ import annotations

from pathlib import Path

from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.following.news import TranscriptNews


def test_lines_that_are_no_records_are_counted_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    file.write_text('{"a": 1}\nno record\n[2]\n{"b": 3}\n{"half')
    told = Conversations("a_client", TranscriptNews(file))

    assert list(told.records(file)) == [{"a": 1}, {"b": 3}]
    assert told.news.malformed_lines == 2
    assert told.document(file) is None
    assert told.news.malformed_lines == 3


def test_a_sub_agent_has_a_lane_of_the_session_above_it() -> None:
    told = Conversations("a_client", TranscriptNews(Path("session")))
    parents = {"main-1": None, "sub-1": "main-1"}

    main = told.of_family(parents, "main-1", name="Repair the wing")
    agent = told.of_family(parents, "sub-1", name="Look for bolts")

    assert (main.window.session, main.window.lane) == ("main-1", "main")
    assert agent.window.session == "main-1"
    assert agent.window.lane != "main"
    assert agent.window.agent == {"description": "Look for bolts"}
    assert told.names == {"main-1": "Repair the wing"}
