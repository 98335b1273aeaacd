"""Bodies of telemetry are unpacked within their limit, and read by their address."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.sources.otlp.bodies import span, traces
from tracker.api.errors import ApiError
from tracker.api.intake.bodies.of_sources import (
    LITELLM_PATH,
    read_source,
    source_of,
    unpacked,
)

KIND = "application/x-protobuf"


def test_a_packed_body_holds_what_a_plain_one_does() -> None:
    body = traces(span(1, {"session.id": "a", "gen_ai.usage.input_tokens": 9}))

    plain = read_source("/v1/traces", body, b"", KIND)
    packed = read_source("/v1/traces", gzip.compress(body), b"gzip", KIND)

    assert [report.used_tokens for report in plain.reading.reports] == [9]
    assert packed.reading.reports == plain.reading.reports
    assert packed.trace_ids == plain.trace_ids != set()


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"no gzip", b"gzip", 400),
        (gzip.compress(b"abc", mtime=0)[:-4], b"gzip", 400),
        (gzip.compress(b"", mtime=0) * 2, b"gzip", 400),
        (b"", b"br", 415),
        (gzip.compress(b"x" * 101, mtime=0), b"gzip", 413),
    ],
    ids=["no gzip", "cut off", "two members", "another packing", "too large"],
)
def test_what_cannot_be_unpacked_says_why(
    settings: Any, body: bytes, encoding: bytes, status: int
) -> None:
    settings.OTLP_BODY_BYTES = 100

    with pytest.raises(ApiError) as refused:
        unpacked(body, encoding)

    assert refused.value.status == status


def test_a_source_is_named_by_its_address() -> None:
    paths = ("/v1/logs", "/api/public/otel/v1/traces", LITELLM_PATH)

    assert list(map(source_of, paths)) == ["otlp_logs", "otlp_traces", "litellm"]
