"""manage.py restore: a checked backup in place, and nothing touched where it is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection


@pytest.fixture
def backup(project: Any, tmp_path: Path) -> Path:
    """Of a database that has one project."""
    path = tmp_path / "backup.sqlite3"
    call_command("backup", path)
    return path


@pytest.fixture
def place(tmp_path: Path, backup: Path, monkeypatch: Any) -> Iterator[Path]:
    """Where the database of the command stands: another one, of no project."""
    place = tmp_path / "data" / "db.sqlite3"
    place.parent.mkdir()
    with closing(sqlite3.connect(place)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE former (word text)")
        other.commit()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(place))
    monkeypatch.setattr(connection, "close", lambda: None)
    yield place


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as found:
        rows = found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_a_backup_is_put_in_place_and_the_former_one_kept(
    backup: Path, place: Path, capsys: Any
) -> None:
    call_command("restore", backup)

    with closing(sqlite3.connect(place)) as found:
        rows = found.execute("SELECT slug FROM tracker_project").fetchall()
    assert rows == [("default",)]
    (kept,) = place.parent.glob("db.sqlite3.before-*")
    assert tables(kept) == {"former"}
    assert str(kept) in capsys.readouterr().out
    assert backup.exists()


def test_it_refuses_while_a_program_has_the_database_open(
    backup: Path, place: Path
) -> None:
    with closing(sqlite3.connect(place)) as server:
        server.execute("SELECT * FROM former").fetchall()  # and then it is idle
        with pytest.raises(CommandError, match="Stop the server"):
            call_command("restore", backup)

    assert tables(place) == {"former"}
    call_command("restore", backup)
    assert "tracker_project" in tables(place)


def test_a_backup_from_before_the_first_release_is_no_later_one(
    backup: Path, place: Path
) -> None:
    """Its migrations have other names than those of today."""
    with closing(sqlite3.connect(backup)) as older:
        older.execute("DELETE FROM django_migrations WHERE name = '0001_first_release'")
        older.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('tracker', '0014_project_beside_every_session', '2026-11-01')"
        )
        older.commit()

    call_command("restore", backup)

    assert "tracker_project" in tables(place)


def test_what_is_no_good_backup_changes_nothing(
    backup: Path, place: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.sqlite3"
    torn.write_bytes(b"SQLite format 3\0" + b"\0" * 4096)
    later = tmp_path / "later.sqlite3"
    later.write_bytes(backup.read_bytes())
    with closing(sqlite3.connect(later)) as newer:
        newer.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('tracker', '9999_later', '2030-01-01')"
        )
        newer.commit()

    for path, words in (
        (torn, "Nothing was restored"),
        (later, "of a later version"),
        (tmp_path / "missing", "There is no file"),
        (place, "is the database itself"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("restore", path)

    assert tables(place) == {"former"}
    assert [path.name for path in place.parent.iterdir()] == ["db.sqlite3"]


def test_where_the_last_step_fails_the_former_database_is_back(
    backup: Path, place: Path, monkeypatch: Any
) -> None:
    from tracker.management.commands import restore

    replace = restore.os.replace

    def full(source: Path, target: Path) -> None:
        if str(source).endswith(".restoring"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(restore.os, "replace", full)

    with pytest.raises(CommandError, match=r"Nothing was restored: .*No space left"):
        call_command("restore", backup)

    assert tables(place) == {"former"}
    assert not list(place.parent.glob("*.before-*"))
