"""A file of another client, read again when it changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.sources.transcripts.agents.lines.test_gemini_cli import answer, head, typed
from tests.sources.transcripts.agents.session_files import reader_of, write_lines
from tracker.sources.transcripts.agents.reader import AgentReader


def test_what_was_told_is_told_again_only_with_other_numbers(tmp_path: Path) -> None:
    first = (head("s"), typed("u", "Hello"), answer("a", 9_000))
    path = write_lines(tmp_path / "session-1.jsonl", *first)
    reader = reader_of(path, "gemini_cli")
    assert [s.event_id for s in reader.read_new().samples] == ["a"]
    assert reader.read_new().samples == []

    write_lines(path, *first, answer("b", 9_500))
    resumed = AgentReader(
        path, reader.client, state=json.loads(json.dumps(reader.state))
    )

    assert [s.event_id for s in resumed.read_new().samples] == ["b"]
    write_lines(path, head("s"), typed("u", "Hello"), answer("a", 9_100))
    assert [s.used_tokens for s in resumed.read_new().samples] == [9_100]


def test_broken_lines_are_counted_and_a_half_written_one_waits(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "session-1.jsonl", head("s"), answer("a", 9_000))
    with path.open("a") as file:
        file.write('no JSON\n{"id": "b", "type": "gem')

    news = reader_of(path, "gemini_cli").read_new()

    assert news.malformed_lines == 1
    assert len(news.samples) == 1


def test_a_file_that_took_long_to_read_is_left_alone_for_a_while(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "session-1.jsonl", head("s"), answer("a", 9_000))
    now = [100.0]
    client = reader_of(path, "gemini_cli").client
    slow = replace(client, read=lambda *_: now.__setitem__(0, now[0] + 2))
    reader = AgentReader(path, slow, clock=lambda: now[0])
    assert not reader.rests()

    reader.read_new()

    assert reader.rests()
    now[0] += 39
    assert reader.rests()
    now[0] += 2
    assert not reader.rests()
