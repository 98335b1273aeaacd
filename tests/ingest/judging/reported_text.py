"""Reports of text counted here, with and without the provider's number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.domain.reports import CompressionReport, Parts, UsageReport, attribute
from tracker.ingest.arrivals import Arrival, Outcome
from tracker.ingest.judging.record import Recorder

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
COUNTER = "characters / 3.5"


def text(history: int, **more: Any) -> UsageReport:
    """A report of text alone, estimated here."""
    counted = Parts(history=history)
    given = {"session": "chat", "model": "claude-sonnet-4-5", "counter": COUNTER}
    return UsageReport(
        used_tokens=history, parts=counted, source="estimated",
        parts_source="estimated", counted=counted, **(given | more),
    )  # fmt: skip


def reported(history: int, used: int, **more: Any) -> UsageReport:
    """A report of text and the provider's number."""
    counted = Parts(history=history)
    given = {"session": "chat", "model": "claude-sonnet-4-5", "counter": COUNTER}
    return UsageReport(
        used_tokens=used, parts=attribute(used, counted), source="reported",
        parts_source="estimated", input_tokens=used, counted=counted, **(given | more),
    )  # fmt: skip


def cut(**more: Any) -> CompressionReport:
    given = {"session": "chat", "before_tokens": 26_000, "after_tokens": 9_000}
    return CompressionReport(**(given | more))


class Door:
    """Records reports one after the other, a minute apart."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.recorder = Recorder()
        self.minutes = 0

    def __call__(self, *reports: UsageReport | CompressionReport) -> list[Outcome]:
        self.minutes += 1
        now = START + timedelta(minutes=self.minutes)
        arrivals = [Arrival(self.project.pk, report, now) for report in reports]
        answers = self.recorder.record(arrivals)
        assert all(isinstance(answer, Outcome) for answer in answers)
        return answers  # type: ignore[return-value]  # just asserted
