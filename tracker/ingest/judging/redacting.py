"""Redacts a session's title and metadata in the projects that ask for it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TypeVar

from tracker.domain.conversation.redaction import Redactor, pattern_lines
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.models import Project

Report = TypeVar("Report", UsageReport, CompressionReport)
# For a title and a few labels. A pattern that takes longer is a bad pattern, and must
# not hold up the writer.
SECONDS = 0.05


class Redacting:
    """Knows the projects that keep text redacted, and their own patterns."""

    def __init__(self, patterns: dict[int, tuple[str, ...]]) -> None:
        self._patterns = patterns

    @classmethod
    def load(cls) -> Redacting:
        """Reads them anew, one query: call when the configuration has changed."""
        rows = Project.objects.filter(keep_messages="redacted")
        return cls(
            {
                pk: pattern_lines(text)
                for pk, text in rows.values_list("pk", "redaction_patterns")
            }
        )

    def described(self, project_id: int, report: Report) -> Report:
        """The report with its description redacted; unchanged in other projects."""
        patterns = self._patterns.get(project_id)
        if patterns is None or not (report.title or report.metadata):
            return report
        redactor = Redactor(patterns, clock=time.monotonic, seconds=SECONDS)
        return replace(
            report,
            title=redactor.text(report.title),
            metadata=redactor.value(report.metadata),
        )
