"""What one reading of a transcript brought."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tracker.domain.reports import CompressionReport, UsageReport

Report = UsageReport | CompressionReport


@dataclass(frozen=True, slots=True)
class Continuation:
    """The messages of a lane since its last compaction, with those that it left."""

    session: str
    lane: str
    messages: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FileDeleted:
    """The client has deleted the file of a session; it was seen to be gone at `at`."""

    session: str
    at: datetime


@dataclass(slots=True)
class TranscriptNews:
    """Reports in file order, and what is worth telling about the reading.

    `sessions` maps each session met to its title as known now ("" if unknown);
    `malformed_lines` counts lines that are no JSON object or carry usage nobody can
    believe; `continuations` come once a file is finished, and `unread` are the sessions
    and lanes of those that can be read later; `is_complete` is False while
    more could be read at once; `has_restarted` says that the file was truncated or
    replaced and was read from its start.

    A request told again within one reading is one report with the numbers told last;
    told again in a later reading, with other numbers, it is a whole report with the
    same `event_id`.
    """

    path: Path
    reports: list[Report] = field(default_factory=list)
    continuations: list[Continuation] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    malformed_lines: int = 0
    bytes_read: int = 0
    is_complete: bool = True
    has_restarted: bool = False
    _places: dict[tuple[str, str | None], int] = field(default_factory=dict, repr=False)

    @property
    def samples(self) -> list[UsageReport]:
        return [report for report in self.reports if isinstance(report, UsageReport)]

    @property
    def compressions(self) -> list[CompressionReport]:
        return [
            report for report in self.reports if isinstance(report, CompressionReport)
        ]

    def add_usage(self, report: UsageReport) -> None:
        """Add a request; told again with other numbers, it takes the place it has."""
        key = (report.session, report.event_id)
        place = self._places.setdefault(key, len(self.reports))
        if place == len(self.reports):
            self.reports.append(report)
            return
        known = self.reports[place]
        if isinstance(known, UsageReport) and _numbers(known) != _numbers(report):
            self.reports[place] = report

    def add_compression(self, report: CompressionReport) -> None:
        self.reports.append(report)

    def compose(self, session: str, lane: str, packed: str) -> None:
        """Give the newest request of this lane what fills its window."""
        for place in range(len(self.reports) - 1, -1, -1):
            report = self.reports[place]
            if (report.session, report.lane) != (session, lane):
                continue
            if isinstance(report, UsageReport) and report.implausible is None:
                self.reports[place] = replace(report, composition=packed)
                return

    def name_sessions(self, titles: dict[str, str]) -> None:
        """Give every report its session's title: a title may follow its requests."""
        self.sessions.update(titles)
        for report in self.reports:
            title = titles.get(report.session, "")
            if report.title != title:
                # Frozen, but nobody else holds the report yet: to copy each one would
                # take a thirtieth of the time of the reading.
                object.__setattr__(report, "title", title)


def _numbers(report: UsageReport) -> tuple[int | None, ...]:
    return (
        report.input_tokens,
        report.cache_read_tokens,
        report.cache_creation_tokens,
        report.output_tokens,
    )
