"""What an import did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Answer, Arrival, Outcome
from tracker.sources.transcripts.finding.passed_over import PassedOver

REFUSALS_NAMED = 20


@dataclass(slots=True)
class ImportTotals:
    read_files: set[str] = field(default_factory=set)  # in this run
    unchanged: int = 0  # files that were read before
    # A followed file that is empty will be written: it is not told of.
    counts_empty: bool = True
    passed_over: PassedOver = field(default_factory=PassedOver)
    lines: int = 0
    malformed_lines: int = 0
    sessions: set[str] = field(default_factory=set)
    samples: int = 0
    known_samples: int = 0
    compactions: int = 0
    unreviewed: int = 0
    rejected: int = 0
    refusals: list[str] = field(default_factory=list)  # the first REFUSALS_NAMED

    @property
    def files(self) -> int:
        return len(self.read_files)

    def take(self, arrival: Arrival, answer: Answer) -> None:
        if not isinstance(answer, Outcome):
            self._note_refusal(arrival, answer.message)
        elif isinstance(arrival.report, CompressionReport):
            self.compactions += not answer.is_duplicate
        elif answer.is_duplicate:
            self.known_samples += 1
        else:
            self.samples += 1

    def _note_refusal(self, arrival: Arrival, why: str) -> None:
        self.rejected += 1
        if len(self.refusals) < REFUSALS_NAMED:
            self.refusals.append(
                f"report {arrival.event_id!r} of session {arrival.report.session!r}: "
                f"{why}"
            )

    def table(self) -> str:
        """What was read, and how many files were passed over for which reason."""
        rows = [
            ("files", self.files),
            ("files read before", self.unchanged),
            *self.passed_over.rows(),
            ("sessions", len(self.sessions)),
            ("samples added", self.samples),
            ("samples known before", self.known_samples),
            ("compactions added", self.compactions),
            ("compactions not reviewed", self.unreviewed),
            ("malformed lines", self.malformed_lines),
            ("reports refused", self.rejected),
        ]
        width = max(26, *(len(name) + 2 for name, _ in rows))
        return "\n".join(f"{name:<{width}}{number:>10,}" for name, number in rows)
