"""One call may arrive twice by different ways, in requests apart: it counts once.

Inside one request the source has seen to it; here the store is asked, and what this
process has taken in during the last seconds (two ways report within milliseconds).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from tracker.domain.reports import UsageReport
from tracker.models import UsageSample

AreTwins = Callable[[UsageReport, UsageReport], bool]
REMEMBERED_SECONDS = 30.0


class TwinFilter:
    """Thread-safe. `are_twins` is the source's rule, `window` how far it looks."""

    def __init__(self, are_twins: AreTwins, window: timedelta) -> None:
        self._are_twins = are_twins
        self._window = window
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, int, UsageReport]] = deque()

    def without_twins(
        self, project_id: int, reports: Sequence[UsageReport]
    ) -> list[UsageReport]:
        """The reports whose call is not known by another id yet. Queries."""
        with self._lock:
            self._forget()
            kept = []
            for report in reports:
                if self._is_known(project_id, report):
                    continue
                kept.append(report)
                self._recent.append((time.monotonic(), project_id, report))
            return kept

    def forget_all(self) -> None:
        """For tests, whose database goes back in time."""
        self._recent.clear()

    def _forget(self) -> None:
        oldest = time.monotonic() - REMEMBERED_SECONDS
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()

    def _is_known(self, project_id: int, report: UsageReport) -> bool:
        if any(
            owner == project_id and self._are_twins(other, report)
            for _, owner, other in self._recent
        ):
            return True
        return report.at is not None and any(
            self._are_twins(other, report) for other in self._stored(project_id, report)
        )

    def _stored(self, project_id: int, report: UsageReport) -> list[UsageReport]:
        assert report.at is not None
        rows = UsageSample.objects.filter(
            project_id=project_id,
            at__range=(report.at - self._window, report.at + self._window),
            used_tokens=report.used_tokens,
        ).exclude(event_id=report.event_id)
        if (report.metadata or {}).get("grouped_by") != "trace":
            rows = rows.filter(session__key=report.session)
        return [
            UsageReport(
                session=row.session.key,
                used_tokens=row.used_tokens,
                parts=report.parts,
                source=row.source,
                event_id=row.event_id,
                at=row.at,
                model=row.model,
            )
            for row in rows.select_related("session")[:20]
        ]
