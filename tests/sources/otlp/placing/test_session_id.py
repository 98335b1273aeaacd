"""A span's session: its own word, its ancestors', its resource's, else its trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.otlp.bodies import TRACE, only, read_traces, span
from tracker.sources.otlp.placing.session_id import named_session
from tracker.sources.session_names import METADATA_KEYS, SESSION

USAGE = {"gen_ai.usage.input_tokens": 900}
TRACE_ID = f"{TRACE:032x}"


@pytest.mark.parametrize("place", range(len(SESSION)))
def test_earlier_names_win_over_later_ones(place: int) -> None:
    attributes = {name: f"from {name}" for name in SESSION[place:]}

    report = only(read_traces(span(1, {**USAGE, **attributes})))

    assert report.session == f"from {SESSION[place]}"
    assert "grouped_by" not in (report.metadata or {})


def test_the_nearest_ancestor_with_a_session_gives_it() -> None:
    reading = read_traces(
        span(1, {"session.id": "far"}),
        span(2, {"session.id": "near"}, parent=1),
        span(3, {}, parent=2),
        span(4, USAGE, parent=3),
    )

    assert only(reading).session == "near"


def test_an_ancestor_wins_over_the_resource() -> None:
    reading = read_traces(
        span(1, {"session.id": "near"}),
        span(2, USAGE, parent=1),
        resource={"session.id": "process"},
    )

    assert only(reading).session == "near"


def test_a_resource_can_name_the_session() -> None:
    reading = read_traces(span(1, USAGE), resource={"session.id": "nightly-run"})

    assert only(reading).session == "nightly-run"


def test_without_any_session_the_trace_groups_and_says_so() -> None:
    reading = read_traces(
        span(1, USAGE), span(2, USAGE), resource={"service.name": "shop"}
    )

    for report in reading.reports:
        assert report.session == TRACE_ID
        assert report.metadata == {"scope": "tests", "grouped_by": "trace"}
        assert report.title == f"shop, trace {TRACE_ID[-8:]}"
    assert len(reading.reports) == 2


def test_traces_of_one_second_have_titles_of_their_own() -> None:
    """Logfire 5.4.0 begins a trace's id with the time (findings/logfire-trace-ids.sh).

    W3C Trace Context, level 2: the right 7 bytes of an id are the random ones.
    """
    first, second = (0x01A228E6846C << 80 | random for random in (0x34F1, 0xCDDA))
    reading = read_traces(span(1, USAGE, trace=first), span(2, USAGE, trace=second))

    assert [report.title for report in reading.reports] == [
        "unnamed service, trace 000034f1",
        "unnamed service, trace 0000cdda",
    ]


def test_names_of_service_and_scope_lose_their_control_characters() -> None:
    named = span(1, USAGE, scope="my\x1b[2J.scope\n")
    report = only(read_traces(named, resource={"service.name": "sh\0op\x1b\x85"}))

    assert report.metadata == {"scope": "my[2J.scope", "grouped_by": "trace"}
    assert report.title == f"shop, trace {TRACE_ID[-8:]}"


def test_a_service_whose_name_is_all_controls_is_unnamed() -> None:
    report = only(read_traces(span(1, USAGE), resource={"service.name": "\0\x1b"}))

    assert report.title == f"unnamed service, trace {TRACE_ID[-8:]}"


def test_spans_that_are_each_others_parents_end() -> None:
    reading = read_traces(span(1, USAGE, parent=2), span(2, {}, parent=1))

    assert only(reading).session == TRACE_ID


@pytest.mark.parametrize("value", ["", "\x00\n", True, 1.5, ["chat"], {"id": "chat"}])
def test_a_value_that_names_nothing_is_passed_over(value: object) -> None:
    attributes = {SESSION[0]: value, SESSION[1]: 42}

    assert named_session(attributes) == "42"


@pytest.mark.parametrize("key", METADATA_KEYS)
def test_an_object_of_metadata_can_name_the_session(key: str) -> None:
    assert named_session({"metadata": json.dumps({"user": 1, key: "chat-9"})}) == (
        "chat-9"
    )
    assert named_session({"metadata": {key: "chat-9"}}) == "chat-9"


@pytest.mark.parametrize("metadata", ["{", "[1]", '{"user": "u"}', 5, None])
def test_metadata_without_an_id_names_nothing(metadata: object) -> None:
    assert named_session({"metadata": metadata}) == ""


def test_an_id_that_was_written_as_json_loses_its_quotes() -> None:
    name = "langfuse.observation.metadata.langfuse_session_id"

    assert named_session({name: '"chat-9"'}) == "chat-9"


def test_the_id_of_the_previous_answer_is_no_conversation() -> None:
    attributes = {**USAGE, "gen_ai.conversation.id": "resp_0123"}

    assert only(read_traces(span(1, attributes))).session == TRACE_ID
    assert named_session({"gen_ai.conversation.id": "conv_01"}) == "conv_01"


def test_the_documents_name_each_place_of_a_session() -> None:
    text = (Path(__file__).parents[4] / "docs" / "counting.md").read_text()

    missing = [n for n in (*SESSION, *METADATA_KEYS) if f"`{n}`" not in text]
    assert missing == []
