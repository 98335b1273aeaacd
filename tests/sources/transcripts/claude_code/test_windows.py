"""The window Claude Code works with, and who says so."""

from __future__ import annotations

import json

import pytest

from tests.sources.transcripts.builder import (
    assistant,
    attached,
    boundary,
    read,
    summary_message,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader

OPUS = "claude-opus-4-6"  # a million by itself, 200,000 in Claude Code
SONNET = "claude-sonnet-4-5"  # 200,000 in the catalogue, too


def told(news):
    return [(s.window_tokens, s.window_source) for s in news.samples]


def named(model):
    return attached("model", identity={"modelId": model})


def test_the_dated_table_says_what_the_client_gives(tmp_path):
    news = read(tmp_path, assistant(1, 90_000, model=OPUS))

    assert told(news) == [(200_000, "client_table")]


@pytest.mark.parametrize("model", [SONNET, "claude-opus-4-8", "nobody-knows"])
def test_where_the_table_says_nothing_new_the_catalogue_decides(tmp_path, model):
    news = read(tmp_path, assistant(1, 190_000, model=model, version="2.1.332"))

    assert told(news) == [(None, "")]


def test_older_clients_gave_the_newest_models_less(tmp_path):
    line = assistant(1, 90_000, model="claude-opus-4-8", version="2.0.5")

    assert told(read(tmp_path, line)) == [(200_000, "client_table")]


def test_the_line_that_names_a_model_keeps_its_mark(tmp_path):
    news = read(
        tmp_path,
        named(SONNET),
        assistant(1, 37_000),
        named(f"{SONNET}[1m]"),
        assistant(2, 90_000),
        named(SONNET),
        assistant(3, 91_000),
    )

    assert told(news) == [(None, ""), (1_000_000, "client"), (None, "")]


def test_a_mark_on_another_model_says_nothing_of_this_one(tmp_path):
    news = read(tmp_path, named("claude-opus-4-6[1m]"), assistant(1, 90_000))

    assert told(news) == [(None, "")]


def test_a_request_that_asks_for_a_million_says_so(tmp_path):
    def asked(*betas):
        return {"type": "api-request", "sessionId": "session-1", "id": "r",
                "params": {"model": SONNET, "betas": list(betas)}}  # fmt: skip

    news = read(
        tmp_path,
        asked("claude-code-20250219", "context-1m-2025-08-07"),
        assistant(1, 90_000),
        asked("claude-code-20250219"),
        assistant(2, 91_000),
    )

    assert told(news) == [(1_000_000, "client"), (None, "")]


def test_what_a_sub_agent_asks_with_is_said_of_its_own_window(tmp_path):
    asked = {"type": "api-request", "sessionId": "session-1", "agentId": "a7",
             "params": {"betas": ["context-1m-2025-08-07"]}}  # fmt: skip
    side = {"isSidechain": True, "agentId": "a7"}

    news = read(tmp_path, asked, assistant(1, 9_000, **side), assistant(2, 9_000))

    assert told(news) == [(1_000_000, "client"), (None, "")]


def test_a_window_that_held_more_is_larger(tmp_path):
    news = read(
        tmp_path,
        assistant(1, 190_000, model=OPUS),
        assistant(2, 260_000, model=OPUS),
        assistant(3, 90_000, model=OPUS),
    )
    over = read(tmp_path, assistant(1, 260_000, model=SONNET))

    assert told(news) == [
        (200_000, "client_table"),
        (1_000_000, "client"),
        (1_000_000, "client"),
    ]
    assert told(over) == [(None, "")]


@pytest.mark.parametrize(
    ("before", "trigger", "expected"),
    [
        (167_000, "auto", (200_000, "client")),
        (167_000, "manual", (None, "")),
        (95_061, "auto", (None, "")),  # somebody set a trigger
        (970_035, "auto", (1_000_000, "client")),
    ],
)
def test_where_the_client_compacts_shows_its_window(
    tmp_path, before, trigger, expected
):
    model = "claude-opus-4-8"
    news = read(
        tmp_path,
        user("Hello"),
        assistant(1, 90_000, model=model),
        boundary(before, trigger=trigger),
        summary_message(),
        assistant(2, 40_000, model=model),
    )

    assert told(news)[-1] == expected


def settled(tmp_path, settings, *lines):
    folder = tmp_path / ".claude"
    path = write(folder / "projects" / "-home-p" / "s.jsonl", *lines)
    for name, content in settings.items():
        (folder / name).write_text(content)
    return TranscriptReader(path).read_new().samples


def test_the_client_s_settings_come_before_the_table(tmp_path):
    off = {"env": {"CLAUDE_CODE_DISABLE_1M_CONTEXT": "1"}}
    line = assistant(1, 90_000, model="claude-opus-4-8")

    [sample] = settled(tmp_path, {"settings.json": json.dumps(off)}, line)

    assert sample.window_tokens == 200_000
    assert sample.window_source == "client_setting"


def test_what_this_process_is_told_counts_for_all(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAUDE_CODE_DISABLE_1M_CONTEXT", "true")
    monkeypatch.setenv("CLAUDE_CODE_AUTO_COMPACT_WINDOW", "100000")

    [sample] = read(tmp_path, assistant(1, 9_000, model="claude-opus-4-8")).samples

    assert (sample.window_tokens, sample.window_source) == (200_000, "client_setting")
    assert sample.compact_at_tokens == 100_000


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"settings.json": '{"autoCompactWindow": 150000}'}, 150_000),
        (
            {
                "settings.json": '{"env": {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "9"}}',
                "settings.local.json": (
                    '{"env": {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "80000"}}'
                ),
            },
            80_000,
        ),
        ({"settings.json": '{"autoCompactWindow": "soon"}'}, None),
        ({"settings.json": "[]"}, None),
        ({}, None),
    ],
)
def test_the_client_s_own_trigger_is_carried(tmp_path, settings, expected):
    [sample] = settled(tmp_path, settings, assistant(1, 9_000))

    assert sample.compact_at_tokens == expected
