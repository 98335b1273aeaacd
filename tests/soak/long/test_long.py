"""The short forms of what `make soak` runs for minutes."""

from __future__ import annotations

from pathlib import Path

from tests.site_process import SiteProcess
from tests.soak.forked_site import ForkedSite
from tests.soak.long.deletion import large_project_deleted
from tests.soak.long.weeks import weeks_of_traffic


async def test_days_whose_clock_steps_lose_and_double_nothing(tmp_path: Path) -> None:
    site = ForkedSite(tmp_path)
    try:
        found = await weeks_of_traffic(site, days=2, reports=24, seed=8)
    finally:
        site.close()

    assert found["reports"] == 2 * 24 * 4


def test_a_large_project_goes_while_others_report(tmp_path: Path) -> None:
    server = SiteProcess(tmp_path)
    try:
        found = large_project_deleted(server, samples=5_000)
    finally:
        server.end()

    assert found["samples deleted"] == 6_000
