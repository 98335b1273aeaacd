"""Servers that start at once on an empty PostgreSQL: one migrates, the others wait."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from tests.services.services import ROOT, Services
from tracker.management.one_at_a_time import LOCK, WAITS

pytestmark = pytest.mark.services
STARTS = (
    "import django; django.setup(); "
    "from budget_site.schema import why_not_served; print(why_not_served())"
)


def test_two_that_wait_migrate_one_after_the_other(cluster: Services) -> None:
    """Both died in a traceback: the tables of one were in the other's way."""
    own = cluster.with_database("together", is_migrated=False)
    assert "The database lacks" in own.run("-c", STARTS)
    with psycopg.connect(own.database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        processes = [
            subprocess.Popen(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
                cwd=ROOT, env=own.environment, text=True, stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]  # fmt: skip
        try:
            for process in processes:
                assert process.stderr is not None
                assert process.stderr.readline().strip() == WAITS
            assert "The database lacks" in own.run("-c", STARTS)
            other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            said = [process.communicate(timeout=120)[1] for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()

    assert [process.returncode for process in processes] == [0, 0]
    assert said == ["", ""]
    assert own.run("-c", STARTS).strip() == "None"
