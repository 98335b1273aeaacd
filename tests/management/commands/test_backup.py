"""manage.py backup: a copy of a live database, checked, and brought back."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.ingest.conftest import compression, usage  # noqa: F401  # its fixtures


def test_a_backup_made_under_load_is_whole_and_can_be_restored(
    project: Any,
    usage: Any,  # noqa: F811
    tmp_path: Path,
    capsys: Any,
) -> None:
    from tracker.ingest.door.process import get_writer

    stop, sent = threading.Event(), []

    def report() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            get_writer().record_blocking([usage(f"s{number}", number)])
            sent.append(number)

    thread = threading.Thread(target=report)
    thread.start()
    try:
        while len(sent) < 20:
            stop.wait(0.01)
        before = len(sent)
        call_command("backup", tmp_path / "b.sqlite3")
        at_end = len(sent)
    finally:
        stop.set()
        thread.join()

    assert "checked" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["b.sqlite3"]
    assert stat.S_IMODE((tmp_path / "b.sqlite3").stat().st_mode) == 0o600
    copy = sqlite3.connect(tmp_path / "b.sqlite3")
    (samples,) = copy.execute("SELECT count(*) FROM tracker_usagesample").fetchone()
    (counted,) = copy.execute(
        "SELECT sum(sample_count) FROM tracker_llmsession"
    ).fetchone()
    copy.close()
    assert before <= samples == counted <= at_end + 1


def test_restoring_is_putting_the_file_in_place(
    project: Any,
    usage: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    """As docs/operations.md says: stop, copy, start, verify."""
    import os
    import subprocess
    import sys

    from tracker.ingest.judging.record import Recorder

    Recorder().record([usage("kept", 170_000)])
    data = tmp_path / "data"
    data.mkdir()
    call_command("backup", data / "db.sqlite3")

    env = {k: v for k, v in os.environ.items() if not k.startswith("TOKEN_BUDGET")}
    env |= {"TOKEN_BUDGET_DATA": str(data), "DJANGO_SETTINGS_MODULE": ""}
    env.pop("DJANGO_SETTINGS_MODULE")
    manage = Path(__file__).parents[3] / "manage.py"
    for command, said in (("migrate", ""), ("verify", "everything adds up")):
        done = subprocess.run(
            [sys.executable, str(manage), command],
            env=env, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_a_file_that_is_there_stays_unless_told(store: None, tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite3"
    path.write_text("precious")

    with pytest.raises(CommandError, match="exists"):
        call_command("backup", path)
    assert path.read_text() == "precious"

    call_command("backup", path, overwrite=True)
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_a_place_that_cannot_be_written_is_told(store: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", tmp_path / "missing" / "b.sqlite3")


def test_a_damaged_copy_is_no_backup(
    store: None, tmp_path: Path, monkeypatch: Any
) -> None:
    from tracker.management.commands import backup

    def torn(source: str, target: Path) -> None:
        target.write_bytes(b"SQLite format 3\0" + b"\0" * 4096)

    monkeypatch.setattr(backup, "copy", torn)

    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", tmp_path / "b.sqlite3")
    assert list(tmp_path.iterdir()) == []
