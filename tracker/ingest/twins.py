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
        for _, owner, other in self._recent:
            if owner == project_id and (
                self._are_twins(other, report) or _gives_way(report, other)
            ):
                return True
        return any(
            self._are_twins(other, report) for other in self._stored(project_id, report)
        )

    def _stored(self, project_id: int, report: UsageReport) -> list[UsageReport]:
        """Samples of its session near its time, those aside that were looked at with
        their own metadata. A report that only its trace groups has no session to look
        in: for it the last seconds must do.
        """
        if report.at is None or _is_grouped_by_trace(report):
            return []
        rows = UsageSample.objects.filter(
            session__project_id=project_id,
            session__key=report.session,
            at__range=(report.at - self._window, report.at + self._window),
            used_tokens=report.used_tokens,
        ).exclude(event_id=report.event_id)
        remembered = {
            other.event_id for _, owner, other in self._recent if owner == project_id
        }
        return [
            UsageReport(
                session=report.session,
                used_tokens=row.used_tokens,
                parts=report.parts,
                source=row.source,
                event_id=row.event_id,
                at=row.at,
                model=row.model,
                metadata=row.session.metadata,
            )
            for row in rows.select_related("session")[:20]
            if row.event_id not in remembered
        ]


def _is_grouped_by_trace(report: UsageReport) -> bool:
    return (report.metadata or {}).get("grouped_by") == "trace"


def _gives_way(report: UsageReport, other: UsageReport) -> bool:
    """The same call, whose session another way has named."""
    return (
        _is_grouped_by_trace(report)
        and report.event_id == other.event_id
        and report.session != other.session
    )
