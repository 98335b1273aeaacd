"""A server whose disk takes no more: its files may not grow (RLIMIT_FSIZE)."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.reports import Reports, browser, log_in, make_boss
from tests.site_process import SiteProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SiteProcess]:
    made = SiteProcess(tmp_path)
    make_boss(made)
    made.start()
    yield made
    made.end()


def test_a_full_disk_is_503_and_all_goes_on_once_there_is_room(
    server: SiteProcess,
) -> None:
    reports = Reports(server)
    with reports.http, browser(server) as boss:
        log_in(boss)
        assert reports.is_taken()
        log = server.folder / "data" / "db.sqlite3-wal"
        may_grow_to(server, log.stat().st_size + 500_000)
        taken = 1
        while reports.is_taken():
            taken += 1
            assert taken < 1_000
        # What the last attempt had written is room for something smaller.
        may_grow_to(server, log.stat().st_size // 2)
        why = reports.refusal()
        page = boss.get("/sessions/")
        with browser(server) as stranger:
            login = log_in(stranger)
        may_grow_to(server, resource.RLIM_INFINITY)
        assert reports.is_taken()
        after = boss.get("/sessions/")
        reports.settle()

    assert taken > 5
    assert "database disk" in why and "nothing of this was stored" in why
    # Reading goes on; what has to be written says why it cannot.
    assert page.status_code == after.status_code == 200
    assert login.status_code == 503
    assert "database disk" in login.text
    reports.log_has_no_traceback()


def may_grow_to(server: SiteProcess, size: int) -> None:
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
