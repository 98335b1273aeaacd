"""Redacts what describes a session, its title and metadata, where projects ask."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TypeVar

from tracker.domain.conversation.redaction import Redactor, pattern_lines
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.models import Project

Report = TypeVar("Report", UsageReport, CompressionReport)
# A title and a few labels: more time than this is a pattern gone wrong.
SECONDS = 0.05


class Redacting:
    """The projects that keep text redacted, and their own patterns."""

    def __init__(self, patterns: dict[int, tuple[str, ...]]) -> None:
        self._patterns = patterns

    @classmethod
    def load(cls) -> Redacting:
        """One query; call when the configuration has changed."""
        rows = Project.objects.filter(keep_messages="redacted")
        return cls(
            {
                pk: pattern_lines(text)
                for pk, text in rows.values_list("pk", "redaction_patterns")
            }
        )

    def described(self, project_id: int, report: Report) -> Report:
        """The report itself in a project that redacts nothing."""
        patterns = self._patterns.get(project_id)
        if patterns is None or not (report.title or report.metadata):
            return report
        redactor = Redactor(patterns, clock=time.monotonic, seconds=SECONDS)
        return replace(
            report,
            title=redactor.text(report.title),
            metadata=redactor.value(report.metadata),
        )
