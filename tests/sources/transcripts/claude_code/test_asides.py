"""Requests beside the conversation: marked, so that no gauge is moved by them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.sources.transcripts.builder import (
    append,
    assistant,
    boundary,
    cleared,
    read,
    summary_message,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader

HAIKU = "claude-haiku-4-5"


def chain(*lines):
    """The lines, each hung on the one before, unless it says where it hangs."""
    parent = None
    for line in lines:
        line.setdefault("parentUuid", parent)
        parent = line["uuid"]
    return lines


def marks(news):
    return [(s.event_id, s.implausible) for s in news.samples]


def test_an_answer_without_input_is_marked(tmp_path):
    nothing = assistant(2, 103)
    nothing["message"]["usage"] = {"input_tokens": 0, "output_tokens": 12}

    news = read(tmp_path, assistant(1, 50_000), nothing, assistant(3, 51_000))

    assert marks(news) == [("req_1", None), ("req_2", "zero_input"), ("req_3", None)]
    assert news.samples[1].used_tokens == 0


def test_a_title_asked_of_a_small_model_is_a_helper_s(tmp_path):
    news = read(
        tmp_path,
        user("y" * 3_500),
        assistant(1, 90_000),
        assistant(2, 603, model=HAIKU, content=[{"type": "text", "text": "T" * 99}]),
        user("Go on"),
        assistant(3, 91_000),
    )

    assert marks(news) == [("req_1", None), ("req_2", "helper_call"), ("req_3", None)]
    assert [s.model for s in news.samples] == ["claude-sonnet-4-5", HAIKU] + [
        "claude-sonnet-4-5"
    ]
    assert news.samples[1].parts.unattributed == 603
    assert news.samples[1].counted is None  # nothing is learnt from it
    assert news.samples[2].message_count == 3


def asked(name, source):
    return {
        "type": "api-request",
        "id": name,
        "querySource": source,
        "sessionId": "session-1",
    }


@pytest.mark.parametrize(
    ("source", "used", "mark"),
    [
        ("generate_session_title", 603, "helper_call"),
        ("something_new", 31_000, None),
        ("sdk", 603, None),
    ],
)
def test_the_first_request_of_all_may_be_a_helper_s(tmp_path, source, used, mark):
    news = read(tmp_path, asked("a", source), assistant(1, used, requestRef="a"))

    assert marks(news) == [("req_1", mark)]


def test_what_the_client_says_it_asked_for_beats_the_model(tmp_path):
    news = read(
        tmp_path,
        assistant(1, 90_000),
        asked("a", "generate_session_title"),
        assistant(2, 603, requestRef="a"),
        asked("b", "repl_main_thread:outputStyle:x"),
        assistant(3, 30_000, model=HAIKU, requestRef="b"),
    )

    assert marks(news) == [("req_1", None), ("req_2", "helper_call"), ("req_3", None)]


def test_a_helper_s_call_does_not_settle_a_compaction(tmp_path):
    news = read(
        tmp_path,
        user("Hello"),
        assistant(1, 150_000),
        boundary(155_000),
        summary_message(),
        assistant(2, 603, model=HAIKU),
        assistant(3, 160_000),
    )

    assert news.compressions[0].after_tokens == 160_000
    assert marks(news)[1] == ("req_2", "helper_call")


def test_a_model_changed_by_hand_is_no_helper(tmp_path):
    smaller = assistant(2, 30_000, model=HAIKU)
    same_size = read(tmp_path, assistant(1, 50_000), assistant(2, 49_000, model=HAIKU))
    anew = read(tmp_path, user("x"), assistant(1, 90_000), cleared(), smaller)
    gone_on = read(
        tmp_path,
        *chain(
            user("x"), assistant(1, 90_000), smaller, user("y"),
            assistant(3, 31_000, model=HAIKU),
        ),
    )  # fmt: skip

    assert marks(same_size) == [("req_1", None), ("req_2", None)]
    assert marks(anew) == [("req_1", None), ("req_2", None)]
    assert marks(gone_on)[1:] == [("req_2", "helper_call"), ("req_3", None)]


def rewound(*further):
    first, early = user("y" * 3_500), assistant(1, 60_000)
    late = assistant(2, 150_000)
    aside = user("Another way", parentUuid=early["uuid"])
    answer = assistant(3, 61_000)
    return chain(first, early, user("z" * 350_000), late, aside, answer, *further)


def test_the_first_request_on_an_older_message_is_marked(tmp_path):
    news = read(tmp_path, *rewound())

    assert marks(news)[-1] == ("req_3", "rewound")
    # It is asked with the two early messages and its own.
    assert news.samples[-1].message_count == 3
    assert news.samples[-1].parts.history < 1_100


def test_a_branch_that_is_gone_on_with_begins_anew(tmp_path):
    news = read(tmp_path, *rewound(user("Go on"), assistant(4, 62_000)))

    last = news.samples[-1]
    assert (last.implausible, last.begins_anew) == (None, True)


def test_a_question_aside_leaves_the_conversation_as_it_was(tmp_path):
    *lines, aside, answer = rewound()
    back = user("Go on", parentUuid=lines[-1]["uuid"])

    news = read(tmp_path, *lines, aside, answer, *chain(back, assistant(4, 151_000)))

    assert marks(news)[-2:] == [("req_3", "rewound"), ("req_4", None)]
    assert news.samples[-1].begins_anew is False


@pytest.mark.parametrize("parent", ["not-in-the-file", None])
def test_a_chain_that_is_broken_is_no_rewind(tmp_path, parent):
    lines = chain(
        user("x"),
        assistant(1, 150_000),
        user("y", parentUuid=parent),
        assistant(2, 60_000),
    )

    assert marks(read(tmp_path, *lines)) == [("req_1", None), ("req_2", None)]


def test_results_that_hang_on_their_calls_are_no_rewind(tmp_path):
    one, two = assistant(1, 60_000), assistant(1, 60_000)
    first = user("result of one", parentUuid=one["uuid"])
    second = user("result of two", parentUuid=two["uuid"])

    news = read(
        tmp_path, *chain(user("x"), one, two, first, second, assistant(2, 50_000))
    )

    assert marks(news) == [("req_1", None), ("req_2", None)]


def test_a_line_of_any_kind_may_be_hung_on(tmp_path):
    news = read(
        tmp_path,
        *chain(
            user("x"),
            assistant(1, 150_000),
            {**user("y"), "type": "system", "subtype": "turn_duration"},
            {**user("z"), "type": "something-new"},
            user("Go on"),
            assistant(2, 60_000),
        ),
    )

    assert marks(news) == [("req_1", None), ("req_2", None)]


def test_a_rewind_is_known_across_readings(tmp_path):
    lines = rewound(user("Go on"), assistant(4, 62_000))
    path, state, told = write(tmp_path / "a.jsonl"), None, []
    for line in lines:
        append(path, line)
        reader = TranscriptReader(path, format="claude_code", state=state)
        told += reader.read_new().samples
        state = json.loads(json.dumps(reader.state))

    assert [replace(each, composition="") for each in told] == [
        replace(each, composition="") for each in read(tmp_path, *lines).samples
    ]
