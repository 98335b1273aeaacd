"""The local summariser under a name of its own: the domain does the work."""

from __future__ import annotations

from tracker.domain.compression.extraction import extractive_summary
from tracker.domain.compression.summarising import Summary, SummaryRequest


def summarise(request: SummaryRequest) -> Summary:
    """The most informative lines of the middle; needs no network and no model."""
    return extractive_summary(request)
