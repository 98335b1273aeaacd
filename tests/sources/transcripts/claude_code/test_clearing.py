"""A window emptied by its person, within one transcript."""

from __future__ import annotations

from tests.sources.transcripts.builder import (
    FRAME,
    assistant,
    boundary,
    cleared,
    progress,
    read,
    summary_message,
    user,
)


def test_what_was_said_before_is_not_in_the_window_any_more(tmp_path):
    before, after = read(
        tmp_path,
        user("y" * 35_000),
        assistant(1, 30_000),
        cleared(),
        user("z" * 350),
        assistant(2, 20_000),
    ).samples

    assert before.parts.history == 10_000 + FRAME
    assert (after.parts.history, after.message_count) == (100 + FRAME, 1)
    assert after.parts.system == 20_000 - 100 - FRAME


def test_only_the_first_request_behind_it_begins_anew(tmp_path):
    news = read(
        tmp_path,
        user("old"),
        assistant(1, 150_000),
        cleared(),
        user("new"),
        assistant(2, 20_000),
        assistant(3, 21_000),
    )

    assert [report.begins_anew for report in news.samples] == [False, True, False]


def test_it_is_no_compression_and_a_later_one_begins_behind_it(tmp_path):
    news = read(
        tmp_path,
        user("old"),
        assistant(1, 30_000),
        cleared(),
        user("new"),
        assistant(2, 20_000),
        boundary(20_000),
        summary_message(),
        assistant(3, 15_000),
    )

    [compression] = news.compressions
    assert compression.before_tokens == 20_000
    assert "old" not in str(compression.before) and "new" in str(compression.before)


def test_a_sub_agent_s_window_stays_as_it_is(tmp_path):
    inner = {"type": "user", "message": {"role": "user", "content": "y" * 350}}
    news = read(
        tmp_path,
        user("Hello"),
        progress("a1", "call_1", inner),
        cleared(),
        progress("a1", "call_1", assistant(1, 5_000)),
    )

    [sample] = news.samples
    assert sample.lane == "agent-a1"
    assert sample.parts.history == 100 + FRAME


def test_a_file_that_begins_with_it_is_read_as_any_other(tmp_path):
    [sample] = read(tmp_path, cleared(), user("Hello"), assistant(1, 5_000)).samples

    assert (sample.session, sample.message_count) == ("session-1", 1)
