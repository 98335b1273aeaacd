"""Sessions resumed in a new file that repeats the old one, without a mark."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.transcripts.builder import append, assistant, progress, user, write
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.following.follow import Follower
from tracker.sources.transcripts.following.reader import TranscriptReader

HISTORY = [user("Hello"), assistant(1, 5_000), user("More"), assistant(2, 6_000)]
LATER = [user("Later"), assistant(3, 7_000)]
LATEST = [user("Latest"), assistant(4, 8_000)]


def of(session, lines):
    return [{**line, "sessionId": session} for line in lines]


def told(paths):
    """(session, request) of all files, read in this order by one importer."""
    copies = Copies()
    return {
        (sample.session, sample.event_id)
        for path in paths
        for sample in TranscriptReader(path, copies=copies).read_new().samples
    }


def in_every_order(paths):
    found = {frozenset(told(order)) for order in itertools.permutations(paths)}
    assert len(found) == 1
    return sorted(found.pop())


def test_what_a_copy_repeats_is_its_elder_s_in_any_order(tmp_path):
    copy = write(tmp_path / "a.jsonl", *of("copy", [*HISTORY, *LATER]))
    elder = write(tmp_path / "b.jsonl", *of("elder", HISTORY))

    assert in_every_order([copy, elder]) == [
        ("copy", "req_3"),
        ("elder", "req_1"),
        ("elder", "req_2"),
    ]


def test_an_elder_that_went_on_keeps_what_it_asked(tmp_path):
    copy = write(tmp_path / "a.jsonl", *of("copy", [*HISTORY, *LATER]))
    elder = write(tmp_path / "b.jsonl", *of("elder", [*HISTORY, *LATEST]))

    assert in_every_order([copy, elder]) == [
        ("copy", "req_3"),
        ("elder", "req_1"),
        ("elder", "req_2"),
        ("elder", "req_4"),
    ]


def test_a_copy_of_a_copy_is_charged_for_its_own(tmp_path):
    first = write(tmp_path / "c.jsonl", *of("first", HISTORY))
    second = write(tmp_path / "a.jsonl", *of("second", [*HISTORY, *LATER]))
    third = write(tmp_path / "b.jsonl", *of("third", [*HISTORY, *LATER, *LATEST]))

    assert in_every_order([first, second, third]) == [
        ("first", "req_1"),
        ("first", "req_2"),
        ("second", "req_3"),
        ("third", "req_4"),
    ]


def test_a_sub_agent_s_requests_are_not_repeated_either(tmp_path):
    history = [*HISTORY, progress("a1", "call_1", assistant(9, 3_000))]
    copy = write(tmp_path / "a.jsonl", *of("copy", [*history, *LATER]))
    elder = write(tmp_path / "b.jsonl", *of("elder", history))

    assert ("copy", "req_9") not in in_every_order([copy, elder])


def test_one_session_in_two_files_is_told_by_both(tmp_path):
    whole = write(tmp_path / "a.jsonl", *of("one", [*HISTORY, *LATER]))
    backup = write(tmp_path / "b.jsonl", *of("one", HISTORY))

    assert len(told([whole, backup])) == 3
    assert len(told([backup])) == 2


def test_the_copied_messages_are_in_the_window(tmp_path):
    write(tmp_path / "b.jsonl", *of("elder", HISTORY))
    copy = write(tmp_path / "a.jsonl", *of("copy", [*HISTORY, *LATER]))

    [sample] = TranscriptReader(copy, copies=Copies()).read_new().samples

    assert sample.message_count == 5


def test_a_copy_that_is_being_written_is_known_as_one(tmp_path):
    elder = write(tmp_path / "b.jsonl", *of("elder", HISTORY))
    os.utime(elder, (1, 1))
    follower, news = Follower([tmp_path]), []
    follower.tick(news.append)
    copy = tmp_path / "a.jsonl"
    for line in of("copy", [*HISTORY, *LATER]):
        append(copy, line)
        follower.tick(news.append)

    samples = [(s.session, s.event_id) for one in news for s in one.samples]

    assert samples == [("elder", "req_1"), ("elder", "req_2"), ("copy", "req_3")]


@settings(max_examples=60, deadline=None)
@given(st.permutations("abc"), st.permutations(range(3)), st.booleans())
def test_each_request_is_told_once_and_by_the_session_that_asked(
    names, order, has_gone_on
):
    histories = {
        "first": [*HISTORY, *LATEST] if has_gone_on else HISTORY,
        # Resumed before the first went on, and nothing was asked.
        "idle": [HISTORY[0]] if has_gone_on else HISTORY,
        "third": [*HISTORY, *LATER],
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for age, (session, lines) in enumerate(histories.items()):
            path = write(Path(folder, f"{names[age]}.jsonl"), *of(session, lines))
            os.utime(path, (age, age))
            paths.append(path)
        found = told([paths[at] for at in order])

    expected = {("first", "req_1"), ("first", "req_2"), ("third", "req_3")}
    assert found == expected | ({("first", "req_4")} if has_gone_on else set())
