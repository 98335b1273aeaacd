"""Which lines are one request, and which numbers it is told with."""

from __future__ import annotations

from tests.sources.transcripts.builder import (
    append,
    assistant,
    call,
    read,
    tool_result,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader


def same_message(number, used, **fields):
    line = assistant(number, used, content=call(f"call_{number}"), **fields)
    line["message"]["id"] = "msg_of_all"
    return line


def test_requests_that_share_a_message_id_are_several(tmp_path):
    news = read(
        tmp_path,
        user("Look"),
        same_message(1, 43_000),
        tool_result("call_1", "one"),
        same_message(2, 46_000),
        tool_result("call_2", "two"),
        same_message(3, 49_000),
    )

    assert [(s.event_id, s.used_tokens) for s in news.samples] == [
        ("req_1", 43_000),
        ("req_2", 46_000),
        ("req_3", 49_000),
    ]
    assert [s.message_count for s in news.samples] == [1, 3, 5]


def test_a_block_without_a_request_id_belongs_to_its_message(tmp_path):
    first, second = assistant(1, 5_000), assistant(1, 5_000, output=70)
    del second["requestId"]

    [sample] = read(tmp_path, first, second).samples

    assert (sample.event_id, sample.output_tokens) == ("req_1", 70)


def test_results_between_the_blocks_of_a_message_do_not_split_it(tmp_path):
    news = read(
        tmp_path,
        assistant(1, 5_000, content=call("a")),
        tool_result("a", "one"),
        assistant(1, 5_000, content=call("b"), output=40),
        tool_result("b", "two"),
        assistant(2, 6_000),
    )

    assert [s.output_tokens for s in news.samples] == [40, 10]


def test_the_last_line_of_a_message_wins_for_all_numbers(tmp_path):
    early, late = assistant(1, 2_103, output=1), assistant(1, 90_000, output=44)

    [sample] = read(tmp_path, user("y" * 350), early, late).samples

    assert sample.used_tokens == sample.input_tokens == sample.parts.total == 90_000
    assert (sample.cache_read_tokens, sample.output_tokens) == (89_897, 44)
    assert sample.message_count == 1


def test_numbers_told_later_are_told_as_a_whole_report(tmp_path):
    path = write(tmp_path / "a.jsonl", user("Hello"), assistant(1, 2_103, output=1))
    reader = TranscriptReader(path)
    reader.read_new()
    append(path, assistant(1, 90_000, output=44))

    [again] = reader.read_new().samples

    assert (again.event_id, again.used_tokens) == ("req_1", 90_000)
    assert (again.cache_read_tokens, again.output_tokens) == (89_897, 44)


def test_a_line_of_zeros_alone_takes_nothing_back(tmp_path):
    zeros = assistant(1, 103, output=0)
    zeros["message"]["usage"] = dict.fromkeys(zeros["message"]["usage"], 0)

    [sample] = read(tmp_path, assistant(1, 5_000, output=9), zeros).samples

    assert (sample.used_tokens, sample.output_tokens) == (5_000, 9)
