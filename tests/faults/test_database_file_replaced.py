"""Another file in the place of a running server's database: nothing is acknowledged
into the one that has no name any more.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.faults.reports import Reports, browser
from tests.site_process import SiteProcess


@pytest.fixture
def server(tmp_path: Path) -> SiteProcess:
    return SiteProcess(tmp_path)


def test_it_is_noticed_said_and_cured_by_a_restart(
    server: SiteProcess, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite3"
    server.manage("backup", str(copy))
    server.start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.end)
        reports = Reports(server)
        stack.enter_context(reports.http)
        assert reports.is_taken()
        shutil.move(copy, server.database)  # another inode under the same name

        answer = reports.send()
        ready = reports.http.get("/readyz")
        with browser(server) as visitor:
            page = visitor.get("/login/")

        assert answer.status_code == ready.status_code == page.status_code == 503
        assert "manage.py restore" in answer.json()["error"]["message"]
        assert "was replaced" in ready.json()["checks"]["database"]
        assert "manage.py restore" in page.text
    for left in ("-wal", "-shm"):
        Path(f"{server.database}{left}").unlink(missing_ok=True)
    server.start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.end)
        again = Reports(server)
        stack.enter_context(again.http)
        answer = again.send()
        assert answer.status_code == 201, answer.text
