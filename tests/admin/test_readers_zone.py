"""The admin shows times in its reader's zone, and names it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.models import AuditEntry


@pytest.mark.parametrize(
    ("zone", "name", "hour"),
    [
        ("Asia/Tokyo", "Asia/Tokyo", "9:30 p.m."),
        ("", "UTC", "12:30 p.m."),
        ("../etc/passwd", "UTC", "12:30 p.m."),
    ],
)
def test_times_are_in_the_zone_of_the_browser(
    staff: Any, zone: str, name: str, hour: str
) -> None:
    at = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
    entry = AuditEntry.objects.create(at=at, action="login", actor="boss")
    staff.cookies["zone"] = zone

    for path in ("", f"{entry.pk}/change/"):
        page = staff.get(f"/admin/tracker/auditentry/{path}").content.decode()
        assert f"Times in {name}<" in page
        assert f"Nov. 29, 2026, {hour}" in page
