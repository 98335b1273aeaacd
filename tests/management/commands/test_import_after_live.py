"""A transcript that is imported after the status line and the hook told of it live."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.sources.transcripts.builder import (
    append,
    assistant,
    attached,
    boundary,
    summary_message,
    user,
    write,
)
from tracker.client.claude_code.compaction_hook import compression_body, read_transcript
from tracker.client.claude_code.statusline import read_statusline, report_of

SESSION = "session-1"
WORDS = "The gate at /srv/lock/gate.py fails with E1042. " * 40
TALK = [
    user(WORDS),
    assistant(1, 150_000),
    user(WORDS),
    assistant(2, 160_000),
    boundary(160_000),
    summary_message("Summary: gate.py fails with E1042."),
]


@pytest.fixture
def record(project: Any) -> Any:
    """Record reports of this project as a program's."""
    from tracker.ingest.compressing.compress import record_together

    def send(*reports: Any) -> list[Any]:
        return record_together(
            project_id=project.pk, api_key_id=None, reports=list(reports)
        )

    return send


def hook_report(path: Path) -> Any:
    """What the PostCompact hook sends, read by the API's own reader."""
    import msgspec

    from tracker.api.compressions import CompressionBody, to_report
    from tracker.sources.native import decode

    hook = {"compact_summary": "Summary.", "trigger": "auto"}
    body = compression_body(hook, read_transcript(path))
    assert body is not None
    decoder = msgspec.json.Decoder(CompressionBody)
    return to_report(decode(json.dumps(body).encode(), decoder), SESSION)


def status_line_report(used: int, at: str) -> Any:
    from tracker.sources.native import decode_usage, to_report

    told = {
        "session_id": SESSION,
        "model": {"id": "claude-sonnet-4-5"},
        "context_window": {
            "context_window_size": 1_000_000,
            "current_usage": {
                "input_tokens": 3,
                "cache_creation_input_tokens": 100,
                "cache_read_input_tokens": used - 103,
                "output_tokens": 10,
            },
        },
    }
    body = report_of(read_statusline(told))
    assert body is not None
    body["at"] = at
    return to_report(decode_usage(json.dumps(body).encode()), lambda _: None)


def run(path: Path) -> None:
    call_command(
        "import_transcripts", str(path), stdout=io.StringIO(), stderr=io.StringIO()
    )


def told() -> Any:
    from tracker.models import Compression
    from tracker.upkeep.verifying import is_consistent

    assert is_consistent()
    return Compression.objects.select_related("text").get()


@pytest.mark.parametrize("is_hook_first", [True, False])
def test_hook_and_transcript_are_one_compaction_with_its_messages(
    record: Any, tmp_path: Path, is_hook_first: bool
) -> None:
    path = write(tmp_path / "a.jsonl", *TALK, assistant(5, 40_000))
    hook = hook_report(write(tmp_path / "then/a.jsonl", *TALK))

    if is_hook_first:
        record(hook)
        before = told()
        assert not before.text.before
        run(path)
        assert told().pk == before.pk
    else:
        run(path)
        record(hook)

    row = told()
    assert (row.before_tokens, row.after_tokens) == (160_000, 40_000)
    assert row.origin == "claude_code"
    assert row.text.before and row.text.after
    assert row.score is not None
    row.session.refresh_from_db()
    assert row.session.compression_count == 1
    assert row.session.saved_tokens == 120_000


def test_a_review_of_the_hook_s_row_stays(record: Any, tmp_path: Path) -> None:
    from tracker.changes.reviews import review_compression

    path = write(tmp_path / "a.jsonl", *TALK)
    record(hook_report(path))
    append(path, assistant(5, 40_000))
    row = told()
    review_compression(
        compression_id=row.pk,
        project_ids=[row.project_id],
        verdict="flagged",
        note="It forgot the port.",
    )

    run(path)
    run(path)  # once more changes nothing

    row = told()
    assert (row.review, row.review_note) == ("flagged", "It forgot the port.")
    assert row.text.before


def test_a_project_that_keeps_no_text_keeps_none_of_it(
    record: Any, tmp_path: Path, project: Any
) -> None:
    from tracker.models import CompressionText

    project.keep_messages = "no"
    project.save()
    path = write(tmp_path / "a.jsonl", *TALK)
    record(hook_report(path))
    append(path, assistant(5, 40_000))

    run(path)

    assert told().after_tokens == 40_000
    assert not CompressionText.objects.exists()


def test_status_line_and_transcript_are_one_request(
    record: Any, tmp_path: Path
) -> None:
    from tracker.models import LLMSession, UsageSample
    from tracker.upkeep.verifying import is_consistent

    lines = [user(WORDS), assistant(1, 150_000)]
    path = write(tmp_path / "a.jsonl", *lines)
    at = json.loads(path.read_text().splitlines()[-1])["timestamp"]
    (first,) = record(status_line_report(150_000, at))
    assert first.budget.limits.window_tokens == 1_000_000

    run(path)
    (again,) = record(status_line_report(150_000, at))

    sample = UsageSample.objects.get()
    assert again.is_duplicate
    assert (sample.event_id, sample.origin) == ("req_1", "claude_code")
    assert sample.window_tokens == 1_000_000
    assert LLMSession.objects.get().history_tokens > 100
    assert is_consistent()


@pytest.mark.parametrize(
    ("model", "lines", "source"),
    [
        ("claude-opus-4-8", [], "catalogue"),
        (
            "claude-opus-4-6",
            [attached("model", identity={"modelId": "claude-opus-4-6[1m]"})],
            "client",
        ),
    ],
)
def test_190_000_of_a_million_is_19_percent_and_no_event(
    project: Any, tmp_path: Path, model: str, lines: list[Any], source: str
) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    answer = assistant(1, 190_000, model=model, version="2.1.332")
    run(write(tmp_path / "a.jsonl", user(WORDS), *lines, answer))

    session = LLMSession.objects.get()
    assert (session.window_tokens, session.window_source) == (1_000_000, source)
    assert int(session.used_ratio * 100) == 19
    assert session.level == "ok"
    assert not ThresholdEvent.objects.exists()


def test_190_000_of_200_000_is_critical_and_says_who_gave_the_window(
    project: Any, tmp_path: Path
) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    answer = assistant(1, 190_000, model="claude-opus-4-6", version="2.1.332")
    run(write(tmp_path / "a.jsonl", user(WORDS), answer))

    session = LLMSession.objects.get()
    assert (session.window_tokens, session.window_source) == (200_000, "client_table")
    assert ThresholdEvent.objects.get().to_level == "critical"


def test_where_the_client_compacts_is_taken_from_its_settings(
    project: Any, tmp_path: Path
) -> None:
    from tracker.models import LLMSession

    (tmp_path / "settings.json").write_text('{"autoCompactWindow": 150000}')
    run(write(tmp_path / "projects/p/a.jsonl", user(WORDS), assistant(1, 90_000)))

    assert LLMSession.objects.get().compact_at_tokens == 150_000
