"""One request told by two kinds of lines, whose running totals part."""

from __future__ import annotations

import pytest

from tests.sources.transcripts.builder import said, token_count, usage_record
from tests.sources.transcripts.codex.rollout import compacted, head, read, turn


def test_after_a_compaction_by_the_server_each_request_is_one(tmp_path):
    news = read(
        tmp_path,
        head(),
        *turn(said("user", "One"), usage_record(1, 180_000, 180_005),
              token_count(180_000, 180_005)),
        # The compaction's own request is in the records' total alone, from here on.
        *turn(usage_record(2, 180_001, 360_011),
              compacted(message="", compaction_response_id="resp_2"),
              token_count(0, 180_005, size=17_456),
              said("user", "Two"), usage_record(3, 38_000, 398_016),
              token_count(38_000, 218_010)),
        *turn(said("user", "Three"), usage_record(4, 52_000, 450_021),
              token_count(52_000, 270_015)),
    )  # fmt: skip

    assert [(s.event_id, s.used_tokens) for s in news.samples] == [
        ("resp_1", 180_000),
        ("resp_2", 180_001),
        ("resp_3", 38_000),
        ("resp_4", 52_000),
    ]
    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (180_001, 38_000)
    assert compression.claimed_after_tokens == 17_456


def test_a_record_that_is_told_again_is_one_request(tmp_path):
    lines = [usage_record(1, 20_000, 20_005), usage_record(1, 20_000, 20_005)]

    assert len(read(tmp_path, head(), *lines).samples) == 1


def test_a_thread_begun_by_an_older_version_goes_on_with_records(tmp_path):
    news = read(
        tmp_path,
        head(),
        token_count(20_000, 20_005),
        usage_record(2, 30_000, 50_010),
        token_count(30_000, 50_010),
        token_count(30_000, 50_010),
        token_count(40_000, 90_015),
    )

    assert [s.used_tokens for s in news.samples] == [20_000, 30_000, 40_000]


@pytest.mark.parametrize(("summary", "before"), [(9_000, 260_000), (261_000, 261_000)])
def test_the_request_for_a_summary_is_no_state_if_it_was_cut_down(
    tmp_path, summary, before
):
    news = read(
        tmp_path,
        head(),
        *turn(said("user", "One"), said("assistant", "1"),
              usage_record(1, 260_000, 260_005)),
        *turn(said("assistant", "Summary."),
              usage_record(2, summary, 260_010 + summary),
              compacted(compaction_response_id="resp_2"),
              said("user", "Two"), usage_record(3, 46_000, 400_000)),
    )  # fmt: skip

    [_, asked, _] = news.samples
    assert asked.implausible == ("helper_call" if summary < 260_000 else None)
    assert news.compressions[0].before_tokens == before
    assert news.compressions[0].after_tokens == 46_000


def test_an_answer_without_input_is_marked(tmp_path):
    line = usage_record(1, 0, 5)
    line["payload"]["usage"]["cached_input_tokens"] = 0

    [sample] = read(tmp_path, head(), line).samples

    assert (sample.used_tokens, sample.implausible) == (0, "zero_input")
