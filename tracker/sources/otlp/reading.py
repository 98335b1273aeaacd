"""What reading one OTLP request answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.domain.reports import CompressionReport, UsageReport

Report = UsageReport | CompressionReport


@dataclass(frozen=True, slots=True)
class OtlpReading:
    """The reports of one request, in time's order, and what gave none.

    `ignored` counts by reason what was understood and needs no report (reasons.py has
    the words); `rejected` counts records that could not be believed, `error_message`
    says why: the numbers of OTLP's partial success.
    """

    reports: list[Report] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    error_message: str = ""
