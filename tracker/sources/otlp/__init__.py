"""OTLP/HTTP bodies of any instrumented client -> usage and compression reports."""

from __future__ import annotations

from tracker.sources.otlp.logs import read_logs
from tracker.sources.otlp.metrics import read_metrics
from tracker.sources.otlp.reading import Reading
from tracker.sources.otlp.reasons import REASONS
from tracker.sources.otlp.spans import read_spans
from tracker.sources.otlp.wire.decode import decode_logs, decode_metrics, decode_spans

__all__ = ["REASONS", "SIGNALS", "read_otlp"]

SIGNALS = ("traces", "logs", "metrics")


def read_otlp(signal: str, body: bytes, *, content_type: str) -> Reading:
    """The reports of one request's body, already decompressed.

    `signal` is one of SIGNALS, the last word of the path. Raises SourceError with the
    HTTP status to answer: 400 for a body that cannot be decoded, 415 for another
    content type. What is decodable never fails: see Reading.
    """
    if signal == "traces":
        return read_spans(decode_spans(body, content_type))
    if signal == "logs":
        return read_logs(decode_logs(body, content_type))
    if signal == "metrics":
        return read_metrics(decode_metrics(body, content_type))
    raise ValueError(f"{signal!r} is not a signal of OTLP")
