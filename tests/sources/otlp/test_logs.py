"""Events of coding agents: Claude Code, Codex, Gemini CLI, and the convention's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.otlp.bodies import TRACE, only, read_logs, read_traces, span
from tracker.domain.reports import CompressionReport

CLAUDE = {
    "body": "claude_code.api_request",
    "event.name": "api_request",
    "session.id": "5c00",
    "model": "claude-sonnet-4-5-20250929",
    "input_tokens": 851,
    "output_tokens": "29",
    "cache_read_tokens": 36,
    "cache_creation_tokens": 7659,
    "request_id": "req_62",
    "query_source": "sdk",
}
COMPACTION = {
    "body": "claude_code.compaction",
    "event.name": "compaction",
    "session.id": "5c00",
    "trigger": "manual",
    "success": "true",
    "pre_tokens": 155_829,
    "post_tokens": "4000",
}
CODEX = {
    "event.name": "codex.sse_event",
    "event.kind": "response.completed",
    "conversation.id": "conv-1",
    "model": "gpt-5-codex",
    "input_token_count": "1000",
    "output_token_count": 30,
    "cached_token_count": 600,
    "cache_write_token_count": 0,
}
QWEN = {
    "event.name": "qwen-code.api_response",
    "body": "API response from qwen3-coder-plus",
    "session.id": "qwen-1",
    "response_id": "chatcmpl-77",
    "prompt_id": "qwen-1########0",
    "model": "qwen3-coder-plus",
    "input_token_count": 1000,
    "output_token_count": 30,
    "thoughts_token_count": 12,
    "cached_content_token_count": 600,
    "total_token_count": 1030,
}
GEMINI = {
    "event.name": "gemini_cli.api_response",
    "session.id": "gem-1",
    "model": "gemini-3-pro",
    "input_token_count": 1000,
    "output_token_count": 30,
    "thoughts_token_count": 12,
    "cached_content_token_count": 600,
}
DETAILS = {
    "name": "gen_ai.client.inference.operation.details",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.response.id": "resp_1",
}


def test_a_request_of_claude_code_adds_its_cache_to_the_input() -> None:
    report = only(read_logs(CLAUDE))

    assert (report.session, report.event_id) == ("5c00", "req_62")
    assert (report.used_tokens, report.output_tokens) == (8546, 29)
    assert (report.cache_read_tokens, report.cache_creation_tokens) == (36, 7659)
    assert (report.model, report.lane) == ("claude-sonnet-4-5-20250929", "main")


def test_a_request_of_claude_code_has_its_spans_event_id() -> None:
    from_log = only(read_logs(CLAUDE))
    attributes = {**CLAUDE, "gen_ai.response.id": "req_62"}
    from_span = only(read_traces(span(1, attributes, name="claude_code.llm_request")))

    assert from_span.event_id == from_log.event_id
    assert from_span.used_tokens == from_log.used_tokens
    assert from_span.session == from_log.session


@pytest.mark.parametrize(
    ("attributes", "lane"),
    [
        ({"query_source": "repl_main_thread"}, "main"),
        ({"query_source": "repl_main_thread:outputStyle:Learning"}, "main"),
        ({"query_source": None}, "main"),
        ({"query_source": None, "query_source_safe": "repl_main_thread"}, "main"),
        ({"query_source": "compact"}, "compact"),
        ({"query_source": "generate_session_title"}, "generate_session_title"),
        ({"query_source": "agent:builtin:Explore"}, "Explore"),
        ({"query_source": "agent:custom", "agent.name": "reviewer"}, "reviewer"),
        ({"query_source": "agent.builtin.plan", "agent_id": "a1"}, "agent-a1"),
        ({"query_source": "sdk:"}, "main"),
    ],
    ids=str,
)
def test_helpers_of_claude_code_have_lanes_of_their_own(
    attributes: dict[str, Any], lane: str
) -> None:
    assert only(read_logs({**CLAUDE, **attributes})).lane == lane


def test_a_compaction_keeps_what_the_client_claims() -> None:
    (report,) = read_logs(COMPACTION).reports

    assert isinstance(report, CompressionReport)
    assert (report.session, report.trigger) == ("5c00", "manual")
    assert (report.before_tokens, report.after_tokens) == (155_829, 4000)
    assert report.claimed_before_tokens == 155_829
    assert report.claimed_after_tokens == 4000
    assert (report.performed_by, report.strategy) == ("client", "claude_code")
    assert report.event_id == read_logs(COMPACTION).reports[0].event_id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"success": "false", "post_tokens": None}, "compaction_failed"),
        ({"success": False}, "compaction_failed"),
        ({"post_tokens": None}, "compaction_without_numbers"),
        ({"pre_tokens": None}, "compaction_without_numbers"),
    ],
    ids=str,
)
def test_a_compaction_that_says_nothing_is_ignored(
    changes: dict[str, Any], reason: str
) -> None:
    reading = read_logs({**COMPACTION, **changes})

    assert (reading.reports, reading.ignored) == ([], {reason: 1})


def test_a_finished_answer_of_codex_is_a_report() -> None:
    report = only(read_logs(CODEX))

    assert (report.session, report.model) == ("conv-1", "gpt-5-codex")
    assert (report.used_tokens, report.output_tokens) == (1000, 30)
    assert (report.cache_read_tokens, report.cache_creation_tokens) == (600, 0)


def test_other_events_of_a_codex_stream_report_nothing() -> None:
    reading = read_logs({**CODEX, "event.kind": "response.created"})

    assert (reading.reports, reading.ignored) == ([], {"other_event": 1})


def test_codex_says_which_thread_started_another() -> None:
    told = {
        "event.name": "codex.agent_communication",
        "kind": "spawn",
        "state": "send",
        "sender_thread_id": "conv-1",
        "receiver_thread_id": "conv-2",
    }
    received = {"event.name": "codex.agent_communication", "state": "receive"}

    reading = read_logs(told, received, {**told, "kind": "result"}, CODEX)

    assert reading.spawned == {"conv-2": "conv-1"}
    assert read_logs({**told, "sender_thread_id": 7}).spawned == {}


def test_thoughts_of_gemini_count_as_output() -> None:
    report = only(read_logs(GEMINI))

    assert (report.session, report.used_tokens) == ("gem-1", 1000)
    assert (report.output_tokens, report.cache_read_tokens) == (42, 600)
    assert report.lane == "main"


def test_a_helper_of_gemini_has_a_lane_of_its_own() -> None:
    report = only(read_logs({**GEMINI, "role": "utility_\0compressor\n"}))

    assert report.lane == "utility_compressor"


def test_geminis_second_event_of_a_call_is_ignored() -> None:
    reading = read_logs(GEMINI, DETAILS, scope="gemini-cli")

    assert only(reading).session == "gem-1"
    assert reading.ignored == {"same_call_as_event": 1}


def test_the_conventions_event_counts_with_its_spans_event_id() -> None:
    named = only(read_logs(DETAILS))
    unnamed = only(
        read_logs({**DETAILS, "gen_ai.response.id": None, "trace": TRACE, "span": 1})
    )
    attributes = {"gen_ai.usage.input_tokens": 1000}

    assert named.event_id == "resp_1"
    assert unnamed.event_id == only(read_traces(span(1, attributes))).event_id


def test_events_without_an_id_keep_theirs_when_sent_again() -> None:
    first, again = read_logs(CODEX, CODEX), read_logs(CODEX, CODEX)
    ids = [report.event_id for report in first.reports]

    assert [report.event_id for report in again.reports] == ids
    assert len(set(ids)) == 2  # a second later is another answer


def test_events_that_report_no_call_are_counted_as_ignored() -> None:
    reading = read_logs(
        {"body": "claude_code.user_prompt", "event.name": "user_prompt"},
        {"body": "free text"},
        {},
        {**CLAUDE, "input_tokens": None},
        {**CLAUDE, "session.id": None},
    )

    assert reading.reports == []
    assert reading.ignored == {"other_event": 3, "no_usage": 1, "no_session": 1}


def test_an_event_without_a_session_is_grouped_by_its_trace() -> None:
    report = only(read_logs({**CLAUDE, "session.id": None, "trace": TRACE}))

    assert report.session == f"{TRACE:032x}"
    assert report.metadata == {"scope": "tests", "grouped_by": "trace"}


def test_a_number_that_is_none_rejects_its_event_alone() -> None:
    reading = read_logs({**CLAUDE, "input_tokens": "some"}, CLAUDE)

    assert only(reading).event_id == "req_62"
    assert reading.rejected == 1
    assert "input_tokens" in reading.error_message


def test_control_characters_reach_no_name() -> None:
    given = {"model": "a\0b", "request_id": "r\x1b1", "query_source": "agent:x\0y"}
    report = only(read_logs({**CLAUDE, **given}, scope="s\0"))

    assert (report.model, report.event_id, report.lane) == ("ab", "r1", "xy")
    assert report.metadata == {"scope": "s"}


def test_codex_has_a_place_in_its_source_for_a_name() -> None:
    place = "event otel/src/events/session_telemetry.rs:1187"
    report = only(read_logs({**CODEX, "name": place}))

    assert (report.session, report.used_tokens) == ("conv-1", 1000)
    assert (report.output_tokens, report.cache_read_tokens) == (30, 600)


def test_a_field_that_holds_the_whole_name_gives_it() -> None:
    event = {k: v for k, v in CLAUDE.items() if k != "body"}
    report = only(read_logs({**event, "name": "claude_code.api_request"}))

    assert report.event_id == "req_62"


def test_qwens_output_includes_what_was_thought() -> None:
    report = only(read_logs(QWEN))

    assert (report.session, report.event_id) == ("qwen-1", "chatcmpl-77")
    assert (report.used_tokens, report.output_tokens) == (1000, 30)
    assert report.lane == "main"


def test_qwens_helpers_have_lanes_of_their_own() -> None:
    name = "managed-auto-memory-extractor"
    helper = {**QWEN, "subagent_name": name, "prompt_id": f"qwen-1#{name}-3f#0"}
    summary = {**QWEN, "prompt_id": "compress-1795898507632"}

    assert only(read_logs(helper)).lane == name
    told = only(read_logs(summary))
    assert (told.lane, told.implausible) == ("main", "helper_call")


def test_what_geminis_tools_brought_in_is_input() -> None:
    told = {"tool_token_count": 200, "total_token_count": 1242}
    report = only(read_logs({**GEMINI, **told}))

    assert (report.used_tokens, report.output_tokens) == (1200, 42)


def test_an_event_without_a_model_leaves_its_spans_id_to_the_span() -> None:
    told = {"gen_ai.request.model": None, "trace": TRACE, "span": 1}

    report = only(read_logs({**DETAILS, **told}))

    assert report.event_id == f"log:{TRACE:032x}:{1:016x}"
