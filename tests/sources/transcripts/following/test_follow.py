"""Following transcripts while they are written."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
import zstandard

from tests.sources.transcripts.builder import append, assistant, user, write
from tracker.sources.transcripts.following import follow as following
from tracker.sources.transcripts.following import reader as transcripts
from tracker.sources.transcripts.following.follow import Follower, follow
from tracker.sources.transcripts.following.memory import Forgetful
from tracker.sources.transcripts.following.reader import TranscriptReader
from tracker.sources.transcripts.opening import open_session


def test_new_files_growth_and_later_folders_are_found(tmp_path):
    folder = tmp_path / "projects"
    follower, told = Follower([folder]), []

    follower.tick(told.append)
    path = write(folder / "a.jsonl", user("Hello"), assistant(1, 5_000))
    follower.tick(told.append)
    append(path, assistant(2, 6_000))
    write(folder / "deep" / "b.jsonl", assistant(3, 7_000))
    follower.tick(told.append)
    follower.tick(told.append)

    assert [[s.event_id for s in news.samples] for news in told] == [
        ["req_1"],
        ["req_2"],
        ["req_3"],
    ]


def test_an_unchanged_file_is_not_opened(tmp_path, monkeypatch):
    for number in range(5):
        write(tmp_path / f"{number}.jsonl", assistant(number, 5_000))
    write(tmp_path / "unknown.jsonl", {"kind": "note", "body": "b"})
    write(tmp_path / "partial.jsonl", user("Hello"))
    with (tmp_path / "partial.jsonl").open("ab") as file:
        file.write(b'{"type": "assis')
    follower = Follower([tmp_path])
    follower.tick(lambda news: None)
    opened = []
    monkeypatch.setattr(transcripts.Path, "open", lambda path, *_: opened.append(path))

    follower.tick(lambda news: None)

    assert opened == []


def test_what_is_not_read_is_named_and_what_is_merely_empty_is_not(tmp_path):
    write(tmp_path / "empty.jsonl")
    write(tmp_path / "gemini.jsonl", {"kind": "note", "body": "b"})
    write(tmp_path / "notes.md", "A note")
    (tmp_path / "cut.jsonl.zst").write_bytes(zstandard.compress(b"x" * 900)[:-3])
    told = {}
    follower = Follower(
        [tmp_path], passed_over=lambda path, why: told.update({Path(path).name: why})
    )

    follower.tick(lambda news: None)

    assert told == {
        "gemini.jsonl": "JSON lines of another program",
        "notes.md": "another kind of file (.md)",
        "cut.jsonl.zst": "not a whole zstd file: it is cut off",
    }


def test_an_empty_file_is_read_once_it_has_content(tmp_path):
    path = write(tmp_path / "a.jsonl")
    follower, told = Follower([tmp_path]), []

    follower.tick(told.append)
    append(path, assistant(1, 5_000))
    follower.tick(told.append)

    assert [len(news.samples) for news in told] == [1]


class Notes(Forgetful):
    """What a follower keeps, in a dict: name -> look and state."""

    def __init__(self):
        self.kept = {}

    def look_of(self, name):
        return self.kept.get(name, (None, None))[0]

    def state_of(self, name):
        return json.loads(json.dumps(self.kept.get(name, (None, None))[1]))

    def keep(self, name, look, reader):
        self.kept[name] = look, reader.state


def test_the_next_follower_goes_on_where_the_last_one_was(tmp_path):
    write(tmp_path / "idle.jsonl", assistant(9, 9_000))
    path = write(tmp_path / "a.jsonl", user("x" * 350), assistant(1, 5_000))
    notes, told = Notes(), []
    Follower([tmp_path], memory=notes).tick(told.append)
    told.clear()

    follower = Follower([tmp_path], memory=notes)
    follower.tick(told.append)
    assert told == []
    append(path, assistant(2, 6_000))
    follower.tick(told.append)

    [news] = told
    assert [(s.event_id, s.message_count) for s in news.samples] == [("req_2", 2)]
    assert news.bytes_read < 1_000


def test_what_was_not_taken_is_not_kept(tmp_path):
    write(tmp_path / "a.jsonl", assistant(1, 5_000))
    notes = Notes()

    def refuse(news):
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        Follower([tmp_path], memory=notes).tick(refuse)

    assert notes.kept == {}


def test_only_some_readers_are_held_and_the_others_go_on_all_the_same(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tracker.sources.transcripts.following.follow._READERS", 2)
    paths = [write(tmp_path / f"{n}.jsonl", assistant(n, 5_000)) for n in range(1, 6)]
    follower, told = Follower([tmp_path], memory=Notes()), []
    follower.tick(told.append)
    told.clear()

    for number, path in enumerate(paths, start=11):
        append(path, assistant(number, 6_000))
    follower.tick(told.append)

    ids = [[s.event_id for s in news.samples] for news in told]
    assert ids == [[f"req_{number}"] for number in range(11, 16)]


def test_a_file_that_went_and_came_back_is_read_anew(tmp_path):
    path = write(tmp_path / "a.jsonl", assistant(1, 5_000))
    follower, told = Follower([tmp_path]), []

    follower.tick(told.append)
    path.unlink()
    follower.tick(told.append)
    write(path, assistant(2, 5_000))
    follower.tick(told.append)

    assert [s.event_id for news in told for s in news.samples] == ["req_1", "req_2"]


def test_a_huge_file_is_told_in_portions(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tracker.sources.transcripts.following.follow._PORTION_BYTES", 1_000
    )
    lines = [assistant(number, 5_000) for number in range(1, 21)]
    write(tmp_path / "a.jsonl", *lines)
    follower, told = Follower([tmp_path]), []

    while follower.tick(told.append):
        pass

    assert len(told) > 5
    assert sum(len(news.samples) for news in told) == 20


def test_following_tells_within_a_second_and_stops(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"))
    stop, heard, seen = threading.Event(), threading.Event(), []

    def hear(news):
        seen.extend(sample.event_id for sample in news.samples)
        if seen:
            heard.set()

    thread = threading.Thread(
        target=follow,
        args=([tmp_path],),
        kwargs={"on_reports": hear, "interval": 0.05, "stop": stop},
    )
    thread.start()
    time.sleep(0.1)
    append(path, assistant(1, 5_000))

    assert heard.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert seen == ["req_1"]


def test_a_file_that_rests_is_read_once_it_has(tmp_path, monkeypatch):
    write(tmp_path / "a.jsonl", user("Hello."), assistant(1, 5_000))
    follower, found = Follower([tmp_path]), []
    follower.tick(found.append)
    append(tmp_path / "a.jsonl", assistant(2, 6_000))
    monkeypatch.setattr(TranscriptReader, "rests", lambda reader: True)

    assert not follower.tick(found.append)  # and whoever follows waits meanwhile
    assert len(found) == 1

    monkeypatch.undo()
    follower.tick(found.append)
    assert len(found) == 2


def test_a_reader_whose_state_is_kept_elsewhere_is_let_go(tmp_path, monkeypatch):
    """Thousands of files are followed for weeks: their readers fill the memory."""
    monkeypatch.setattr(following, "_READERS", 1)
    names = ["a.jsonl", "b.jsonl"]
    paths = [write(tmp_path / name, assistant(1, 5_000)) for name in names]
    states, told = {}, []

    def take(news):
        states[str(news.path)] = follower.reader_of(news.path).state
        told.extend((news.path.name, sample.used_tokens) for sample in news.samples)

    follower = Follower(
        [tmp_path], open_file=lambda name: open_session(name, state=states.get(name))
    )
    follower.tick(take)
    assert [follower.reader_of(path) is None for path in paths] == [True, False]

    for path in paths:
        append(path, assistant(2, 6_000))
    follower.tick(take)

    assert told == [
        ("a.jsonl", 5_000), ("b.jsonl", 5_000), ("a.jsonl", 6_000), ("b.jsonl", 6_000),
    ]  # fmt: skip
