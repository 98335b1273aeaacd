"""Metrics are understood and not counted: logs and spans say the same call by call.

A sum over calls says nothing of how full one window is.
"""

from __future__ import annotations

from tracker.sources.otlp import reasons
from tracker.sources.otlp.reading import Reading
from tracker.sources.otlp.wire.records import Decoded, Metric


def read_metrics(decoded: Decoded[Metric]) -> Reading:
    """Nothing but `ignored`, in data points, the unit of OTLP's partial success."""
    points = sum(metric.points for metric in decoded.records)
    return Reading(
        ignored={reasons.METRIC: points} if points else {},
        rejected=decoded.rejected,
        error_message=decoded.error_message,
    )
