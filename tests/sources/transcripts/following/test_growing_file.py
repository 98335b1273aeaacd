"""Reading on where one stopped: appended, unfinished, truncated, replaced files."""

from __future__ import annotations

import json
import os

import pytest

from tests.sources.transcripts.builder import append, as_bytes, assistant, user, write
from tracker.sources.transcripts.following.reader import TranscriptReader


def ids(news):
    return [sample.event_id for sample in news.samples]


def test_only_what_was_appended_is_told(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 5_000))
    reader = TranscriptReader(path)

    first, nothing = reader.read_new(), reader.read_new()
    append(path, assistant(2, 6_000))
    second = reader.read_new()

    assert ids(first) == ["req_1"]
    assert (nothing.reports, nothing.bytes_read) == ([], 0)
    assert ids(second) == ["req_2"]
    assert (second.lines, second.has_restarted) == (1, False)
    assert reader.offset == path.stat().st_size


def test_a_partial_last_line_waits_for_its_end(tmp_path):
    line = as_bytes(assistant(1, 5_000))
    path = tmp_path / "a.jsonl"
    path.write_bytes(as_bytes(user("Hello")) + line[:60])
    reader = TranscriptReader(path)

    first = reader.read_new()
    with path.open("ab") as file:
        file.write(line[60:])

    assert (first.lines, first.malformed_lines, first.samples) == (1, 0, [])
    assert ids(reader.read_new()) == ["req_1"]


def test_a_whole_last_line_without_newline_is_read_once(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(as_bytes(assistant(1, 5_000)).rstrip(b"\n"))
    reader = TranscriptReader(path)

    first = reader.read_new()
    with path.open("ab") as file:
        file.write(b"\n" + as_bytes(assistant(2, 6_000)))
    second = reader.read_new()

    assert ids(first) == ["req_1"]
    assert ids(second) == ["req_2"]
    assert second.malformed_lines == 0


def test_the_state_is_json_and_resumes_another_reader(tmp_path):
    path = write(tmp_path / "a.jsonl", user("y" * 350), assistant(1, 5_000))
    reader = TranscriptReader(path)
    reader.read_new()
    state = json.loads(json.dumps(reader.state))
    append(path, user("z" * 350), assistant(2, 6_000))

    news = TranscriptReader(path, state=state).read_new()

    [sample] = news.samples
    assert (sample.event_id, sample.message_count) == ("req_2", 3)
    assert sample.parts.history > 200
    assert sample.title == "y" * 119 + "…"


@pytest.mark.parametrize(
    "state",
    [None, {}, {"position": 7}, {"format": "claude_code", "log": {"windows": 1}}],
)
def test_a_state_nobody_can_read_means_from_the_start(tmp_path, state):
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 5_000))

    assert ids(TranscriptReader(path, state=state).read_new()) == ["req_1"]


def test_a_truncated_file_starts_anew(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 5_000))
    reader = TranscriptReader(path)
    reader.read_new()
    write(path, assistant(7, 5_000))

    news = reader.read_new()

    assert ids(news) == ["req_7"]
    assert news.has_restarted
    assert news.samples[0].message_count == 0


def test_a_larger_file_of_other_content_starts_anew(tmp_path):
    path = write(tmp_path / "a.jsonl", assistant(1, 5_000))
    reader = TranscriptReader(path)
    reader.read_new()
    write(path, user("Another session"), assistant(7, 5_000), assistant(8, 6_000))

    news = reader.read_new()

    assert ids(news) == ["req_7", "req_8"]
    assert news.has_restarted


def test_a_file_that_was_written_into_starts_anew(tmp_path):
    """Neither its head nor its tail nor its size tells: the middle changed."""
    talk = [user("x" * 1_200), assistant(1, 5_000), user("y" * 300)]
    path = write(tmp_path / "a.jsonl", *talk)
    reader = TranscriptReader(path)
    reader.read_new()
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"req_1", b"req_7"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))

    news = reader.read_new()

    assert ids(news) == ["req_7"]
    assert news.has_restarted


def test_a_grown_copy_in_its_place_goes_on(tmp_path):
    lines = [user("Hello"), assistant(1, 5_000)]
    path = write(tmp_path / "a.jsonl", *lines)
    reader = TranscriptReader(path)
    reader.read_new()
    copy = write(tmp_path / "copy", *lines, assistant(2, 6_000))
    os.replace(copy, path)

    news = reader.read_new()

    assert ids(news) == ["req_2"]
    assert not news.has_restarted


def test_a_large_file_can_be_read_in_portions(tmp_path):
    lines = [assistant(number, 5_000) for number in range(1, 41)]
    path = write(tmp_path / "a.jsonl", *lines)
    reader = TranscriptReader(path)
    told, portions = [], 0

    while True:
        news = reader.read_new(2_000)
        told += ids(news)
        portions += 1
        if news.is_complete:
            break

    assert told == [f"req_{number}" for number in range(1, 41)]
    assert portions > 5
    assert reader.offset == path.stat().st_size


def test_blank_lines_are_nothing(tmp_path):
    news = TranscriptReader(
        write(tmp_path / "a.jsonl", "", user("Hello"), "   ", assistant(1, 5_000))
    ).read_new()

    assert (news.lines, news.malformed_lines) == (2, 0)
