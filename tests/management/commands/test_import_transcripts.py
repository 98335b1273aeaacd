"""manage.py import_transcripts when a report, a worker or the database fails it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from tests.sources.transcripts.builder import (
    assistant,
    boundary,
    summary_message,
    user,
    write,
)

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Import these lines; answers what was written to stdout and stderr."""
    from tracker.ingest.door import retrying

    monkeypatch.setattr(retrying, "PAUSE_SECONDS", 0.001)

    def start(*lines: Any) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        write(tmp_path / "a.jsonl", *lines)
        call_command("import_transcripts", str(tmp_path), stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return start


def stored() -> list[int]:
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import is_consistent

    assert is_consistent()
    rows = UsageSample.objects.order_by("at", "pk")
    return list(rows.values_list("used_tokens", flat=True))


def number_in(table: str, name: str) -> int:
    (line,) = (line for line in table.splitlines() if line.startswith(name))
    return int(line.removeprefix(name).replace(",", ""))


TALK = [user("Hello."), *(assistant(n, n * 1_000) for n in range(1, 6))]


def test_it_goes_on_after_a_report_that_the_database_refuses_and_names_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.judging.usage.record_usage import UsageJudge

    usual = UsageJudge.accept

    def refuses(self: Any, item: Any, report: Any) -> Any:
        if report.event_id == "req_3":
            raise OverflowError("too large")
        return usual(self, item, report)

    monkeypatch.setattr(UsageJudge, "accept", refuses)

    table, errors = run(*TALK)

    assert stored() == [1_000, 2_000, 4_000, 5_000]
    assert number_in(table, "samples added") == 4
    assert number_in(table, "reports refused") == 1
    assert "Refused: report 'req_3' of session" in errors
    assert "cannot store this report" in errors


def test_it_goes_on_after_a_worker_that_dies(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.management.dying_worker import dies
    from tracker.ingest.compressing import due_reviews
    from tracker.models import Compression

    monkeypatch.setattr(due_reviews, "review_stored", dies)

    table, _ = run(
        *TALK, boundary(5_000), summary_message(), user("On."), assistant(6, 900)
    )

    assert stored() == [1_000, 2_000, 3_000, 4_000, 5_000, 900]
    assert Compression.objects.get().score is None
    assert number_in(table, "compactions added") == 1
    assert number_in(table, "compactions not reviewed") == 1


def test_a_database_that_is_away_for_a_moment_is_waited_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.judging.record import Recorder

    usual, tries = Recorder.record, 0

    def away(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries <= 7:
            raise OperationalError("disk I/O error")
        return usual(self, *args, **kwargs)

    monkeypatch.setattr(Recorder, "record", away)

    table, _ = run(*TALK)

    assert tries == 8
    assert stored() == [1_000, 2_000, 3_000, 4_000, 5_000]
    assert number_in(table, "samples added") == 5


def test_a_database_that_stays_away_ends_it_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.judging.record import Recorder
    from tracker.management.commands import import_transcripts

    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(import_transcripts, "WAIT_SECONDS", 0.0)
    with monkeypatch.context() as broken:
        broken.setattr(Recorder, "record", away)
        with pytest.raises(CommandError, match="Run it again"):
            run(*TALK)

    table, _ = run(*TALK)

    assert number_in(table, "samples added") == 5
