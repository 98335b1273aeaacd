"""Lines of Claude Code that are odd, broken, or no request at all."""

from __future__ import annotations

import json

import pytest

from tests.sources.transcripts.builder import assistant, read, user


@pytest.mark.parametrize(
    "line",
    [
        assistant(9, 5_000, model="<synthetic>"),
        {**assistant(9, 5_000), "message": {"id": "m", "content": "no usage"}},
        {"type": "summary", "summary": "words", "leafUuid": "x"},
        {"type": "file-history-snapshot", "snapshot": {"usage": {"input_tokens": 7}}},
        {"type": "system", "subtype": "api_error", "error": {"status": 529}},
        {"type": "progress", "data": {"type": "bash_progress", "message": "running"}},
        {"silly": "this"},
    ],
)
def test_what_is_no_request_is_no_sample_and_not_malformed(tmp_path, line):
    news = read(tmp_path, line)

    assert news.samples == []
    assert news.malformed_lines == 0


@pytest.mark.parametrize("line", ['"massive error"', "42", "[1]", "{", "nonsense", ""])
def test_a_line_that_is_no_object_is_counted_and_skipped(tmp_path, line):
    news = read(tmp_path, user("Hello"), line, assistant(1, 5_000))

    assert news.malformed_lines == (1 if line else 0)
    assert len(news.samples) == 1


@pytest.mark.parametrize("tokens", [-1, "many", -2.5, True, 10**13, [], {"a": 1}])
def test_usage_nobody_can_believe_is_malformed_and_no_sample(tmp_path, tokens):
    line = assistant(1, 5_000)
    line["message"]["usage"]["input_tokens"] = tokens

    news = read(tmp_path, line, assistant(2, 6_000))

    assert news.malformed_lines == 1
    assert [sample.event_id for sample in news.samples] == ["req_2"]


def test_an_odd_field_does_not_cost_the_line_its_usage(tmp_path):
    odd = {
        **assistant(1, 5_000),
        "timestamp": "yesterday",
        "isSidechain": "no",
        "summary": 7,
        "compactMetadata": [1],
        "data": "text",
    }
    [sample] = read(tmp_path, user("Hello"), odd).samples

    assert sample.used_tokens == 5_000
    assert sample.at is not None  # the time of the line before


def test_a_lone_surrogate_is_repaired(tmp_path):
    line = json.dumps(assistant(1, 5_000, content=[{"type": "text", "text": "SPOT"}]))

    news = read(tmp_path, line.replace("SPOT", r"cut \ud83d off"))

    assert len(news.samples) == 1
    assert news.malformed_lines == 0


def test_without_request_id_the_message_id_is_the_event_id(tmp_path):
    line = assistant(1, 5_000)
    del line["requestId"]

    [sample] = read(tmp_path, line).samples

    assert sample.event_id == "msg_1"


@pytest.mark.parametrize("key", [None, "", "x" * 256, "new\nline", 7])
def test_a_session_without_a_usable_key_goes_by_its_file(tmp_path, key):
    [sample] = read(tmp_path, assistant(1, 5_000, sessionId=key)).samples

    assert sample.session == "session-1"
