"""Whatever stands in a transcript, and however it grows."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.transcripts.builder import (
    as_bytes,
    assistant,
    attached,
    boundary,
    codex,
    microcompact,
    progress,
    said,
    summary_message,
    token_count,
    tool_result,
    usage_record,
    user,
    write,
)
from tracker.domain.reports import UsageReport
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.following.reader import TranscriptReader

LIMITS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

FIELDS = """type text content message usage role id model data name input source payload
info prompt uuids iterations input_tokens output_tokens""".split()  # noqa: SIM905  # one list of words
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["user", "assistant", "progress", "system", "attachment", "summary", "tool_use"]
    ),
    st.sampled_from(
        ["2026-01-05T10:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-05"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
WHOLE_LINES = [
    user("Hello"),
    assistant(1, 5_000),
    boundary(9_000, preservedMessages={"uuids": ["u"]}, preservedSegment={}),
    microcompact(9_000, 10),
    summary_message(),
    progress("a1", "call_1", assistant(2, 5_000)),
    {**user("x"), "type": "attachment", "attachment": {"type": "queued_command"}},
    {"type": "custom-title", "customTitle": "T", "sessionId": "s"},
    codex("session_meta", {"id": "t", "source": {"subagent": {"thread_spawn": {}}}}),
    said("assistant", "Hello"),
    token_count(5_000, 5_005),
    usage_record(1, 5_000, 5_005),
    codex("compacted", {"message": "m", "replacement_history": [{"type": "message"}]}),
]


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside `data`."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found.extend(places(value, (*path, key)))
    return found


@st.composite
def bent_lines(draw: st.DrawFn) -> dict[str, Any]:
    """A line as a client writes it, with one value replaced by anything."""
    line = json.loads(json.dumps(draw(st.sampled_from(WHOLE_LINES))))
    *way, last = draw(st.sampled_from(places(line)))
    inside = line
    for key in way:
        inside = inside[key]
    inside[last] = draw(values)
    return line


@LIMITS
@given(
    st.lists(
        st.one_of(bent_lines(), st.sampled_from(WHOLE_LINES), values).map(json.dumps)
        | st.text(max_size=20),
        max_size=8,
    ),
    st.sampled_from(["claude_code", "codex"]),
)
def test_no_line_stops_the_reading(lines, kind):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_bytes("\n".join(lines).encode("utf-8", "replace"))
        reader = TranscriptReader(path, format=kind)

        news = reader.read_new()
        flushed = reader.flush()
        state = json.loads(json.dumps(reader.state))

        assert news.malformed_lines <= news.lines
        for report in (*news.reports, *flushed.reports):
            assert report.session
            assert report.event_id
            if isinstance(report, UsageReport):
                assert report.parts.total == report.used_tokens >= 0
                assert report.used_tokens or report.implausible == "zero_input"
        resumed = TranscriptReader(path, state=state)
        assert resumed.read_new().reports == []
        assert resumed.offset == reader.offset


COPIED = {"forkedFrom": {"sessionId": "session-0"}}
ASIDE = assistant(21, 61_000, uuid="aside")
EMPTY = assistant(22, 103)
EMPTY["message"]["usage"] = {"input_tokens": 0, "output_tokens": 3}
CLAUDE_LINES = [
    user("Copied", **COPIED),
    assistant(20, 50_000, **COPIED),
    attached("model", identity={"modelId": "claude-sonnet-4-5[1m]"}),
    user("Mend the fence " * 9, uuid="asked"),
    *[assistant(1, 90_000, output=output) for output in (1, 1, 44)],
    tool_result("call_1", "wood " * 50),
    assistant(2, 150_000, output=5),
    progress("a1", "call_1", assistant(11, 4_000)),
    assistant(2, 150_000, output=60, uuid="kept"),
    assistant(23, 700, model="claude-haiku-4-5"),
    user("Another way", parentUuid="asked", uuid="way"),
    {**ASIDE, "parentUuid": "way"},
    user("Or so", parentUuid="kept"),
    EMPTY,
    assistant(2, 150_003, output=61, uuid="kept-too"),
    boundary(151_000, preservedMessages={"uuids": ["kept"]}),
    summary_message(),
    user("And the gate"),
    *[assistant(3, 40_000, output=output) for output in (1, 30)],
    boundary(41_000),
    summary_message("Again."),
    assistant(4, 30_000),
]
CODEX_LINES = [
    codex("session_meta", {"id": "t", "base_instructions": {"text": "b" * 99}}),
    codex("session_meta", {"id": "parent"}),
    {**token_count(90_000, 90_005), "timestamp": "2026-01-01T00:00:00Z"},
    {**said("user", "Mend it"), "timestamp": "2026-01-01T00:00:00Z"},
    codex("response_item", {"type": "additional_tools", "tools": [{"name": "exec"}]}),
    codex("event_msg", {"type": "task_started"}),
    said("user", "Mend the fence"),
    said("assistant", "Mended."),
    usage_record(1, 200_000, 200_005),
    token_count(200_000, 200_005),
    codex("event_msg", {"type": "task_started"}),
    usage_record(4, 9_000, 209_010),
    codex("compacted", {"message": "Summary.", "compaction_response_id": "resp_4"}),
    codex("event_msg", {"type": "task_complete"}),
    token_count(0, 200_005, size=5_000),
    said("user", "And the gate"),
    said("assistant", "It is open."),
    usage_record(2, 20_000, 220_010),
    token_count(20_000, 220_010),
]


def merged(reports):
    """One report per event: told again with other numbers, the last one counts."""
    kept = {}
    for report in reports:
        report = replace(report, title="")
        if isinstance(report, UsageReport):  # told once a reading (`compositions`)
            report = replace(report, composition="")
        known = kept.get(report.event_id)
        if isinstance(known, UsageReport) and numbers(known) == numbers(report):
            report = known
        kept[report.event_id] = report
    return list(kept.values())


def compositions(reports):
    """What fills each lane, as it was told last."""
    found = (each for each in reports if isinstance(each, UsageReport))
    return {each.lane: each.composition for each in found if each.composition}


def numbers(report):
    return report.used_tokens, report.cache_read_tokens, report.output_tokens


@pytest.mark.parametrize("lines", [CLAUDE_LINES, CODEX_LINES], ids=["claude", "codex"])
@LIMITS
@given(data=st.data())
def test_reading_in_pieces_tells_what_reading_at_once_tells(lines, data):
    content = as_bytes(*lines)
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=6).map(sorted))
    kind = "claude_code" if lines is CLAUDE_LINES else "codex"
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.jsonl")
        whole.write_bytes(content)
        at_once = TranscriptReader(whole, format=kind).read_new()
        path = Path(folder, "pieces.jsonl")
        state, reports = None, []
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            with path.open("ab") as file:
                file.write(content[start:end])
            reader = TranscriptReader(path, format=kind, state=state)
            reports += reader.read_new().reports
            state = json.loads(json.dumps(reader.state))

    assert merged(reports) == merged(at_once.reports)
    assert compositions(reports) == compositions(at_once.reports)
    assert compositions(reports).keys() >= {"main"}


@pytest.mark.parametrize("compactions", [5, 20])
def test_each_byte_is_read_at_most_three_times(tmp_path, monkeypatch, compactions):
    lines = [user("y" * 900)]
    for number in range(compactions):
        lines += [
            *[tool_result(f"call_{at}", "z" * 500) for at in range(10)],
            assistant(number, 100_000),
            boundary(101_000),
            summary_message(),
        ]
    path = write(tmp_path / "a.jsonl", *lines, assistant(10_000, 20_000))
    again = 0
    lines_between = GrowingFile.lines_between

    def counted(self, start, end):
        nonlocal again
        for offset, line in lines_between(self, start, end):
            again += len(line)
            yield offset, line

    monkeypatch.setattr(GrowingFile, "lines_between", counted)

    news = TranscriptReader(path).read_new()

    assert len(news.compressions) == compactions
    # Once as it comes, once as what followed a compaction, once as what preceded one.
    assert 0 < again <= 2 * path.stat().st_size


@pytest.mark.parametrize("lines", [CLAUDE_LINES, CODEX_LINES], ids=["claude", "codex"])
@settings(max_examples=30, deadline=None)
@given(rewritten=st.sampled_from(["utf-8", "utf-16", "zst"]), times=st.integers(1, 3))
def test_a_repeated_import_of_any_encoding_tells_the_same(lines, rewritten, times):
    content = as_bytes(*lines)
    written = {
        "utf-8": content,
        "utf-16": content.decode().encode("utf-16"),
        "zst": zstandard.compress(content),
    }[rewritten]
    with tempfile.TemporaryDirectory() as folder:
        plain, other = Path(folder, "s.jsonl"), Path(folder, "again", "s.jsonl")
        plain.write_bytes(content)
        other.parent.mkdir()
        other.write_bytes(written)
        expected = TranscriptReader(plain).read_new().reports
        found = []
        for _ in range(times):
            found += TranscriptReader(other).read_new().reports

    assert merged(found) == merged(expected)
