"""LiteLLM's payloads become reports; what is no chat is ignored with its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.reports import UsageReport
from tracker.sources.body_errors import SourceError
from tracker.sources.litellm import read_litellm

PAYLOAD = {
    "id": "chatcmpl-1",
    "litellm_call_id": "61a8",
    "trace_id": "chat-1",
    "session_id": "",
    "call_type": "acompletion",
    "status": "success",
    "custom_llm_provider": "anthropic",
    "endTime": 1_790_000_001.5,
    "model": "claude-sonnet-4-5",
    "prompt_tokens": 1000,
    "completion_tokens": 30,
    "request_tags": ["t1"],
    "metadata": {
        "usage_object": {
            "prompt_tokens": 1000,
            "completion_tokens": 30,
            "total_tokens": 1030,
            "prompt_tokens_details": {"cached_tokens": 600},
            "cache_creation_input_tokens": 100,
        }
    },
    "messages": [
        {"role": "system", "content": "s" * 350},
        {"role": "user", "content": "u" * 700},
    ],
    "model_parameters": {},
}


def read(*payloads: Any) -> Any:
    return read_litellm(json.dumps(list(payloads)).encode())


def only(**changes: Any) -> UsageReport:
    (report,) = read({**PAYLOAD, **changes}).reports
    assert isinstance(report, UsageReport)
    return report


def test_a_payload_gives_what_its_provider_said() -> None:
    report = only()

    assert (report.session, report.event_id) == ("chat-1", "chatcmpl-1")
    assert (report.used_tokens, report.output_tokens) == (1000, 30)
    assert (report.cache_read_tokens, report.cache_creation_tokens) == (600, 100)
    assert report.at == datetime.fromtimestamp(1_790_000_001.5, UTC)
    assert report.model == "claude-sonnet-4-5"
    assert (report.origin, report.source) == ("litellm", "reported")
    assert report.metadata == {"provider": "anthropic", "tags": ["t1"]}


def test_its_messages_give_the_parts() -> None:
    report = only()

    # The texts hold 100 and 200; a few more frame the messages.
    assert 100 <= report.parts.system <= 110
    assert 200 <= report.parts.history <= 220
    assert report.parts.total == report.used_tokens
    assert report.parts_source == "estimated"
    assert report.message_count == 1


@pytest.mark.parametrize(
    ("messages", "count"),
    [("Hello", 1), (None, None), ([{"content": "x"}], 1), ([], 0)],
    ids=["text", "redacted", "no role", "empty"],
)
def test_messages_of_other_forms_do_no_harm(messages: Any, count: int | None) -> None:
    report = only(messages=messages)

    assert report.used_tokens == report.parts.total == 1000
    assert report.message_count == count


def test_geminis_contents_are_counted_as_what_they_are() -> None:
    report = only(messages=[{"role": "user", "parts": [{"text": "u" * 700}]}])

    assert report.parts.history >= 200
    assert report.counted is not None


def test_an_unknown_block_loses_no_number_and_teaches_nothing() -> None:
    unknown = {"role": "user", "content": [{"type": "hologram", "words": "u" * 700}]}

    report = only(messages=[*PAYLOAD["messages"], unknown])

    assert report.used_tokens == 1000
    assert report.parts.history == only().parts.history + 4  # its frame
    assert (report.counted, report.counter) == (None, "")


def test_tools_are_a_part_of_their_own() -> None:
    report = only(model_parameters={"tools": [{"name": "search", "x": "y" * 350}]})

    assert report.parts.tools > 100


def test_a_session_id_of_the_proxy_wins_over_the_trace() -> None:
    report = only(session_id="from the proxy")

    assert report.session == "from the proxy"


def test_a_session_that_litellm_made_up_is_flagged() -> None:
    assert (only(trace_id="61a8").metadata or {})["grouped_by"] == "trace"
    assert only(trace_id="").session == "61a8"
    assert (only(trace_id="").metadata or {})["grouped_by"] == "trace"
    assert "grouped_by" not in (only().metadata or {})


def test_without_the_providers_object_litellms_sums_count() -> None:
    report = only(metadata={"usage_object": None})

    assert (report.used_tokens, report.output_tokens) == (1000, 30)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "failure"}, "failed_call"),
        ({"call_type": "aembedding"}, "not_a_chat"),
        ({"call_type": None}, "not_a_chat"),
        ({"metadata": None, "prompt_tokens": None}, "no_usage"),
        ({"metadata": {}, "prompt_tokens": 0}, "no_usage"),
    ],
    ids=str,
)
def test_what_fills_no_window_is_ignored(changes: dict[str, Any], reason: str) -> None:
    reading = read({**PAYLOAD, **changes})

    assert (reading.reports, reading.ignored) == ([], {reason: 1})


@pytest.mark.parametrize(
    "broken",
    [
        "text",
        {"hello": "world"},
        {**PAYLOAD, "trace_id": None, "litellm_call_id": None},
        {**PAYLOAD, "endTime": 1e300},
        {**PAYLOAD, "endTime": 253_402_300_799},  # the last second of 9999: "never"
        {**PAYLOAD, "endTime": -5},
        {**PAYLOAD, "metadata": {"usage_object": {"prompt_tokens": -1}}},
        {**PAYLOAD, "metadata": {"usage_object": {"tokens": 1}}},
    ],
    ids=[
        "text",
        "alien",
        "no session",
        "no time",
        "never",
        "before 1970",
        "negative",
        "unknown usage",
    ],  # fmt: skip
)
def test_one_broken_payload_is_rejected_and_the_others_count(broken: Any) -> None:
    reading = read(broken, PAYLOAD)

    assert len(reading.reports) == 1
    assert reading.rejected == 1
    assert reading.error_message


def test_reports_come_in_the_order_of_time() -> None:
    later, untimed = {**PAYLOAD, "endTime": 1.9e9}, {**PAYLOAD, "endTime": None}

    reports = read(later, PAYLOAD, untimed).reports

    assert [report.at and report.at.year for report in reports] == [None, 2026, 2030]


def test_one_payload_alone_and_ndjson_are_read_too() -> None:
    one = json.dumps(PAYLOAD).encode()

    assert len(read_litellm(one).reports) == 1
    assert len(read_litellm(one + b"\n" + one + b"\n").reports) == 2
    assert read_litellm(b"[]").reports == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"7", b"null", b'"\xff"', b"[" * 100_000],
    ids=["empty", "open", "number", "null", "no utf-8", "deep"],
)
def test_a_body_that_holds_no_payloads_is_a_400(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_litellm(body)

    assert caught.value.status == 400


@given(
    st.fixed_dictionaries(
        {"call_type": st.just("completion")},
        optional={
            name: st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=5)
            | st.lists(st.integers() | st.dictionaries(st.text(max_size=3), st.none()))
            | st.dictionaries(st.sampled_from(["usage_object", "tools"]), st.integers())
            for name in (*PAYLOAD, "metadata")
            if name != "call_type"
        },
    )
)
def test_any_payload_is_read_ignored_or_rejected(payload: dict[str, Any]) -> None:
    reading = read(payload)

    total = len(reading.reports) + sum(reading.ignored.values()) + reading.rejected
    assert total == 1


def test_control_characters_reach_no_name() -> None:
    report = only(model="a\0b\x1b", request_tags=["t\0", 5], custom_llm_provider="p\0")

    assert report.model == "ab"
    assert report.metadata == {"provider": "p", "tags": ["t", "5"]}
