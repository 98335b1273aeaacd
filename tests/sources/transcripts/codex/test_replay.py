"""The history of another thread before a thread's own."""

from __future__ import annotations

from tests.sources.transcripts.builder import codex, said, token_count, usage_record
from tests.sources.transcripts.codex.rollout import (
    EARLIER_TURN,
    OWN_TURN,
    PARENT,
    THREAD,
    at,
    compacted,
    event,
    head,
    read,
)

SPAWN = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT}}}
HISTORY = [
    codex("session_meta", {"id": PARENT, "source": "cli"}),
    said("user", "p" * 350),
    said("assistant", "a" * 350),
    token_count(90_000, 90_005),
    said("user", "q" * 350),
    token_count(95_000, 185_010),
]


def ids(news):
    return [(s.session, s.lane, s.event_id, s.used_tokens) for s in news.samples]


def test_a_sub_agent_is_not_charged_for_what_its_parent_asked(tmp_path):
    news = read(
        tmp_path,
        *at("02:00", head(forked_from_id=PARENT, source=SPAWN), *HISTORY),
        *at("02:10", said("user", "Look around")),
        *at("02:11", said("assistant", "Done"), token_count(30_000, 215_015)),
    )

    lane = f"agent-{THREAD}"
    assert ids(news) == [(PARENT, lane, f"{THREAD}:215015", 30_000)]
    # The copied messages are in its window all the same.
    assert news.samples[0].message_count == 4
    assert news.samples[0].parts.history > 300


def test_a_fork_that_copies_is_charged_for_its_own_request(tmp_path):
    news = read(
        tmp_path,
        *at("02:00", head(forked_from_id=PARENT), *HISTORY[1:]),
        *at("02:09", token_count(97_000, 282_015)),
    )

    assert ids(news) == [(THREAD, "main", f"{THREAD}:282015", 97_000)]


def test_a_copy_with_its_old_times_is_a_copy(tmp_path):
    news = read(
        tmp_path,
        *at("02:00", head(forked_from_id=PARENT)),
        *at("00:10", HISTORY[3]),
        *at("01:10", HISTORY[5]),
        *at("02:09", token_count(97_000, 282_015)),
    )

    assert [s.used_tokens for s in news.samples] == [97_000]


def test_a_turn_or_a_thread_that_is_named_ends_the_copy_at_once(tmp_path):
    record = usage_record(9, 41_000, 41_005)
    record["payload"]["thread_id"] = THREAD
    copied = event("task_started", turn_id=EARLIER_TURN)
    own = event("task_started", turn_id=OWN_TURN)

    quick = [head(forked_from_id=PARENT, source=SPAWN), HISTORY[0], copied]
    by_thread = read(tmp_path, *at("02:00.100", *quick, *HISTORY[1:], record))
    by_turn = read(
        tmp_path, *at("02:00.100", *quick, *HISTORY[1:], own, token_count(7, 185_022))
    )

    assert [s.event_id for s in by_thread.samples] == ["resp_9"]
    assert [s.used_tokens for s in by_turn.samples] == [7]


def test_a_fork_that_copies_nothing_counts_on_from_its_parents_total(tmp_path):
    record = usage_record(9, 41_000, 500_000)
    record["payload"]["thread_id"] = THREAD

    news = read(tmp_path, *at("02:00", head(forked_from_id=PARENT), record))

    assert [s.event_id for s in news.samples] == ["resp_9"]


def test_a_copied_compaction_is_not_the_sub_agent_s(tmp_path):
    news = read(
        tmp_path,
        *at("02:00", head(forked_from_id=PARENT, source=SPAWN), *HISTORY, compacted()),
        *at("02:10", said("user", "Look around"), token_count(30_000, 215_015)),
    )

    assert news.compressions == []
    assert news.samples[0].message_count == 2
