"""How a file looks."""

from __future__ import annotations

import os
from pathlib import Path

from tracker.sources.transcripts.finding.looks import look_at


def test_a_database_changes_with_its_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"1")
    before = look_at(str(path), os.stat(path))
    (tmp_path / "a.db-wal").write_bytes(b"22")

    assert look_at(str(path), os.stat(path)) != before
