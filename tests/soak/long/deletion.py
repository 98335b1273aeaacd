"""A project of a million samples is deleted while another one reports."""

from __future__ import annotations

import time

import httpx

from tests.site_process import SiteProcess
from tests.soak.hostile import IDLE_REPORTS, Honest, p99
from tests.soak.stored import changed, columns_of, number_of

SESSIONS = 1_000
AT_MOST = 3_600.0  # seconds
BEGIN = (
    "import django; django.setup()\n"
    "from tracker.models import Project\n"
    "from tracker.upkeep.project_deletion import begin_deletion\n"
    "begin_deletion(Project.objects.get(slug='large'))\n"
)


def large_project_deleted(server: SiteProcess, *, samples: int) -> dict[str, float]:
    """Milliseconds of an honest report, idle and meanwhile. AssertionError where one is
    refused, lost or doubled, rows of the project stay, or sums differ from a recount.
    """
    key = server.manage("api_key", "create", "large", "--project", "large").strip()
    server.start()
    _report_sessions(server, key)
    made = _multiply(server, samples // SESSIONS)
    honest = Honest(server)
    idle = [honest.report() for _ in range(IDLE_REPORTS)]
    server.python("-c", BEGIN)
    began = time.monotonic()
    meanwhile = []
    while number_of(server, "tracker_project") > 1:
        assert time.monotonic() - began < AT_MOST, "it is not deleted"
        meanwhile += [honest.report() for _ in range(20)]
    took = time.monotonic() - began
    honest.check()
    server.end()
    assert number_of(server, "tracker_usagesample") == len(idle) + len(meanwhile)
    server.manage("verify")
    return {
        "samples deleted": made,
        "seconds": round(took),
        "honest reports": len(idle) + len(meanwhile),
        "worst idle p99 in ms": p99(idle),
        "worst p99 meanwhile in ms": p99(meanwhile),
        "worst ms of one": round(max(meanwhile) * 1000, 1),
        "lost": 0,
        "doubled": 0,
    }


def _report_sessions(server: SiteProcess, key: str) -> None:
    reports = [{"session": f"l{n}", "tokens": {"tools": n}} for n in range(SESSIONS)]
    headers = {"Authorization": f"Bearer {key}"}
    for first in range(0, SESSIONS, 100):
        httpx.post(
            f"{server.address}/api/v1/usage",
            json=reports[first : first + 100],
            headers=headers,
            timeout=60,
        ).raise_for_status()


def _multiply(server: SiteProcess, times: int) -> int:
    """Each sample so many times more, with event ids and keys of their own. Answers
    how many samples there are.
    """
    series = (
        "WITH RECURSIVE series(n) AS "
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {times}) "
    )
    columns = [c for c in columns_of(server, "tracker_usagesample") if c != "id"]
    values = ["event_id || '-' || n" if c == "event_id" else c for c in columns]
    digest = "decode(md5(event_id), 'hex')" if server.database_url else "randomblob(16)"
    changed(
        server,
        f"{series} INSERT INTO tracker_usagesample ({', '.join(columns)}) "
        f"SELECT {', '.join(values)} FROM tracker_usagesample, series",
        f"INSERT INTO tracker_eventkey (session_id, digest, at, project_id) "
        f"SELECT session_id, {digest}, at, project_id FROM tracker_usagesample "
        "WHERE event_id LIKE '%-%'",
    )
    return number_of(server, "tracker_usagesample")
