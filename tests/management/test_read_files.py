"""How far files were read is remembered: read once, whatever happens between."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.sources.transcripts.builder import (
    append,
    assistant,
    boundary,
    summary_message,
    user,
    write,
)
from tracker.sources.transcripts.finding.folders import BROKEN_LINK, NO_PERMISSION

TALK = [user("Hello."), *(assistant(n, n * 1_000) for n in range(1, 4))]
Run = Callable[..., dict[str, int]]


@pytest.fixture
def run(project: Any, tmp_path: Path) -> Run:
    """Import the folder; answers the numbers of the closing table."""

    def start(*options: str) -> dict[str, int]:
        out = io.StringIO()
        call_command(
            "import_transcripts", str(tmp_path), *options,
            stdout=out, stderr=io.StringIO(),
        )  # fmt: skip
        lines = [line.rsplit(maxsplit=1) for line in out.getvalue().splitlines()]
        return {name.strip(): int(n.replace(",", "")) for name, n in lines}

    return start


def used() -> list[int]:
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import is_consistent

    assert is_consistent()
    rows = UsageSample.objects.order_by("used_tokens")
    return list(rows.values_list("used_tokens", flat=True))


def make_old(path: Path) -> None:
    """As if nobody had written into it for a day."""
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 86_400 * 10**9))


def test_a_second_import_opens_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.workers.jobs import parsing

    write(tmp_path / "a.jsonl", *TALK)
    make_old(write(tmp_path / "b.jsonl", assistant(9, 9_000)))
    run()

    def opens(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(parsing, "open_session", opens)
    table = run()

    assert (table["files"], table["files read before"]) == (0, 2)
    assert used() == [1_000, 2_000, 3_000, 9_000]


def test_what_was_appended_meanwhile_is_read_on(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *TALK)
    run()
    append(path, user("On."), assistant(4, 4_000))

    table = run()

    assert (table["samples added"], table["samples known before"]) == (1, 0)
    from tracker.models import UsageSample

    newest = UsageSample.objects.get(used_tokens=4_000)
    assert newest.message_count == 5  # it knows what was said before


@pytest.mark.parametrize("how", ["truncated", "replaced", "rewritten"])
def test_a_file_of_other_content_is_read_anew(
    run: Run, tmp_path: Path, how: str
) -> None:
    path = write(tmp_path / "a.jsonl", *TALK)
    run()
    if how == "truncated":
        write(path, assistant(7, 7_000))
    elif how == "replaced":
        lines = [*TALK, assistant(7, 7_000)]
        os.replace(write(tmp_path / "new", user("Another one."), *lines), path)
    else:
        text = path.read_text().replace("req_1", "req_7").replace(" 897", " 6897")
        path.write_text(text)
        make_old(path)

    table = run()

    assert table["samples added"] == 1
    assert used() == sorted([1_000, 2_000, 3_000, 7_000])


def test_again_reads_all_and_counts_nothing_twice(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", *TALK)
    run()

    table = run("--again")

    assert (table["samples added"], table["samples known before"]) == (0, 3)
    assert used() == [1_000, 2_000, 3_000]


def test_another_project_reads_the_same_file_for_itself(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path / "a.jsonl", *TALK)
    run()

    assert run("--project", "other")["samples added"] == 3


def test_a_file_whose_report_was_refused_is_read_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.judging.usage.record_usage import UsageJudge

    write(tmp_path / "a.jsonl", *TALK)
    usual = UsageJudge.accept

    def refuses(self: Any, item: Any, report: Any) -> Any:
        if report.event_id == "req_2":
            raise OverflowError("too large")
        return usual(self, item, report)

    with monkeypatch.context() as broken:
        broken.setattr(UsageJudge, "accept", refuses)
        assert run()["reports refused"] == 1
    table = run()

    assert table["samples added"] == 1
    assert used() == [1_000, 2_000, 3_000]


def test_a_compaction_that_waited_is_told_once_its_file_is_finished(
    run: Run, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "a.jsonl", *TALK, boundary(3_000), summary_message("Short.")
    )
    assert run()["compactions added"] == 0
    make_old(path)

    assert run()["compactions added"] == 1
    assert run()["files read before"] == 1


def test_a_project_that_keeps_no_text_keeps_no_reader_s_memory_of_it(
    run: Run, tmp_path: Path, project: Any
) -> None:
    from tracker.models import ReadFile

    path = write(tmp_path / "a.jsonl", user("The password is swordfish."), *TALK[1:])
    run()
    assert "swordfish" in ReadFile.objects.get().state
    project.keep_messages = "no"
    project.save()

    assert run()["files read before"] == 1
    assert ReadFile.objects.get().state == ""
    append(path, assistant(4, 4_000))
    assert run()["samples added"] == 1
    assert ReadFile.objects.get().state == ""


def test_what_another_version_kept_is_not_used(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.management import read_files

    write(tmp_path / "a.jsonl", *TALK)
    run()
    monkeypatch.setattr(read_files, "READ_BY", "9.9/1")

    assert run()["samples known before"] == 3
    assert run()["files read before"] == 1


def test_what_another_thread_keeps_during_a_save_is_saved_next(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.door.retrying import Retrying
    from tracker.management.read_files import ReadFiles
    from tracker.models import ReadFile

    files = ReadFiles(project, Retrying(threading.Event()))
    files.keep_state("a.jsonl", (1, 1, 1), "{}")
    manager = type(ReadFile.objects)
    writes = manager.bulk_create

    def meanwhile(self: Any, rows: Any, **options: Any) -> Any:
        done = writes(self, rows, **options)
        files.keep_state("a.jsonl", (2, 2, 2), "{}")
        files.keep_state("b.jsonl", (3, 3, 3), "{}")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(manager, "bulk_create", meanwhile)
        files.save()
    files.save()

    looks = ReadFile.objects.order_by("look").values_list("look", flat=True)
    assert list(looks) == ["2 2 2", "3 3 3"]


def test_a_project_that_begins_to_redact_meanwhile_keeps_no_state(
    project: Any,
) -> None:
    from tracker.ingest.door.retrying import Retrying
    from tracker.management.read_files import ReadFiles
    from tracker.models import ReadFile

    files = ReadFiles(project, Retrying(threading.Event(), seconds=1))
    files.keep_state("/a.jsonl", (1, 2, 3), '{"title": "secret"}')
    files.save()
    assert ReadFile.objects.get().state

    project.keep_messages = "redacted"
    project.save()
    files.keep_state("/b.jsonl", (1, 2, 3), '{"title": "secret"}')
    files.save()

    assert set(ReadFile.objects.values_list("state", flat=True)) == {""}


def deleted() -> list[str]:
    from tracker.models import DeletedFile

    rows = DeletedFile.objects.order_by("session__key")
    return list(rows.values_list("session__key", flat=True))


def of(session: str, number: int) -> list[dict[str, Any]]:
    return [assistant(number, number * 1_000, sessionId=session)]


def test_a_file_that_was_deleted_between_two_runs_is_missed(
    run: Run, tmp_path: Path
) -> None:
    """Its session keeps its history; one that another file tells of is not gone."""
    write(tmp_path / "a.jsonl", *of("a", 1))
    both = write(tmp_path / "b.jsonl", *of("a", 2), *of("b", 3))
    run()
    both.unlink()

    run()

    assert deleted() == ["b"]
    assert used() == [1_000, 2_000, 3_000]


def test_a_folder_without_any_file_may_be_a_disk_that_is_away(
    run: Run, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", *of("a", 1))
    run()
    path.unlink()

    run()

    assert deleted() == []


def test_another_folder_is_not_missed(
    run: Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere / "b.jsonl", *of("b", 2))
    call_command("import_transcripts", str(elsewhere), stdout=io.StringIO())
    write(tmp_path / "a.jsonl", *of("a", 1))

    run()

    assert deleted() == []


def test_a_file_that_came_back_is_read_again_and_counts_once(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path / "a.jsonl", *of("a", 1))
    write(tmp_path / "b.jsonl", *of("b", 2))
    run()
    (tmp_path / "b.jsonl").unlink()
    run()
    write(tmp_path / "b.jsonl", *of("b", 2))

    assert run()["files"] == 1
    assert used() == [1_000, 2_000]


@pytest.fixture
def importing(project: Any, tmp_path: Path) -> Callable[..., Any]:
    """Import the folder; answers what goes on following it."""
    from tracker.ingest.door.process import get_writer
    from tracker.ingest.door.retrying import Retrying
    from tracker.management.import_totals import ImportTotals
    from tracker.management.read_files import ReadFiles
    from tracker.management.transcripts import TranscriptImport
    from tracker.sources.transcripts.finding.folders import transcript_looks

    def start(*unreadable: str) -> TranscriptImport:
        retrying, totals = Retrying(threading.Event()), ImportTotals()
        files = ReadFiles(project, retrying, folders=[tmp_path])
        found = TranscriptImport(project, get_writer(), retrying, files, totals=totals)
        for reason in unreadable:
            totals.passed_over.take_unreadable("x", reason)
        found.import_files(list(transcript_looks(tmp_path)), progress=lambda _: None)
        files.save()
        return found

    return start


def test_a_file_read_before_and_deleted_while_it_is_followed_is_noted(
    importing: Callable[..., Any], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", *of("a", 1))
    importing()
    later = importing()  # it opened no file

    later.note_deleted(str(path))

    assert deleted() == ["a"]


def test_where_a_folder_cannot_be_read_nobody_knows_what_is_gone(
    importing: Callable[..., Any], tmp_path: Path
) -> None:
    write(tmp_path / "a.jsonl", *of("a", 1))
    (tmp_path / "deep").mkdir()
    path = write(tmp_path / "deep" / "b.jsonl", *of("b", 2))
    importing()
    path.unlink()  # as it looks where its folder is closed

    importing(NO_PERMISSION)
    assert deleted() == []

    importing(BROKEN_LINK)
    assert deleted() == ["b"]
