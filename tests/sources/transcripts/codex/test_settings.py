"""What a rollout, or Codex's own settings, say beside the requests."""

from __future__ import annotations

import json

import pytest

from tests.sources.transcripts.builder import (
    codex,
    said,
    token_count,
    usage_record,
    write,
)
from tests.sources.transcripts.codex.rollout import compacted, event, head, read, turn
from tracker.sources.transcripts.following.reader import TranscriptReader

ASKED = [said("user", "One"), said("assistant", "1"), usage_record(1, 90_000, 90_005)]
NEXT = [said("user", "Two"), usage_record(3, 20_000, 200_000)]


def triggers(news):
    return [compression.trigger for compression in news.compressions]


def test_a_turn_that_only_compacts_was_asked_for_by_hand(tmp_path):
    news = read(tmp_path, head(), *turn(*ASKED), *turn(compacted()), *turn(*NEXT))

    assert triggers(news) == ["manual"]


def test_a_compaction_before_a_prompt_or_amid_a_turn_is_automatic(tmp_path):
    before = read(tmp_path, head(), *turn(*ASKED), *turn(compacted(), *NEXT))
    amid = read(
        tmp_path,
        head(),
        *turn(*ASKED, compacted(), usage_record(2, 10_000, 100_010)),
        *turn(*NEXT),
    )
    by_an_agent = [event("task_started"), codex("response_item", {
        "type": "agent_message", "content": "Look"}), compacted(), *NEXT]  # fmt: skip

    assert triggers(before) == triggers(amid) == ["auto"]
    assert triggers(read(tmp_path, head(), *ASKED, *by_an_agent)) == ["auto"]


def test_what_the_line_itself_says_counts(tmp_path):
    lines = [*turn(*ASKED), *turn(compacted(trigger="auto")), *turn(*NEXT)]

    assert triggers(read(tmp_path, head(), *lines)) == ["auto"]


def test_additional_tools_are_the_tools_part(tmp_path):
    tools = [{"type": "namespace", "name": "exec", "description": "d" * 3_500}]
    item = {"type": "additional_tools", "role": "developer", "tools": tools}
    size = -(-2 * len(json.dumps(tools, separators=(",", ":"))) // 7)

    first, second, third = read(
        tmp_path,
        head(),
        codex("response_item", item),
        token_count(20_000, 20_005),
        compacted(replacement_history=[item]),
        token_count(10_000, 30_010),
        compacted(replacement_history=[said("user", "Summary.")["payload"]]),
        token_count(10_000, 40_015),
    ).samples

    assert first.parts.tools == second.parts.tools == third.parts.tools == size
    assert first.parts.user_context == 0


def test_the_window_is_the_client_s_word(tmp_path):
    [sample] = read(tmp_path, head(), token_count(20_000, 20_005)).samples

    assert (sample.window_tokens, sample.window_source) == (258_400, "client")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("model_auto_compact_token_limit = 180000\n", 180_000),
        (
            'profile = "deep"\nmodel_auto_compact_token_limit = 1\n'
            "[profiles.deep]\nmodel_auto_compact_token_limit = 90000\n",
            90_000,
        ),
        ("model_auto_compact_token_limit = true\n", None),
        ("this is no TOML", None),
    ],
)
def test_the_trigger_is_read_from_the_settings_beside_the_sessions(
    tmp_path, config, expected
):
    (tmp_path / "config.toml").write_text(config)
    path = write(
        tmp_path / "sessions" / "2026" / "rollout-1.jsonl",
        head(),
        token_count(20_000, 20_005),
    )

    [sample] = TranscriptReader(path).read_new().samples

    assert sample.compact_at_tokens == expected


def test_a_trigger_in_the_rollout_itself_counts_from_there_on(tmp_path):
    settings = codex("turn_context", {"model_auto_compact_token_limit": 200_000})

    samples = read(
        tmp_path, head(), token_count(7, 10), settings, token_count(8, 20)
    ).samples

    assert [s.compact_at_tokens for s in samples] == [None, 200_000]
