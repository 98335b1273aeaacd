"""A broken record is rejected alone, a broken body as a whole with its status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.sources.otlp.bodies import (
    CALL,
    PROTOBUF,
    json_span,
    json_traces,
    span,
    traces,
)
from tracker.sources.body_errors import SourceError
from tracker.sources.otlp import SIGNALS, read_otlp

NAMES_A_SESSION = [{"key": "session.id", "value": {"stringValue": "chat-1"}}]


@pytest.mark.parametrize(
    "broken",
    [
        json_span(traceId="a1"),
        json_span(spanId="zz" * 8),
        json_span(traceId="00" * 16),
        json_span(traceId=None),
        json_span(endTimeUnixNano="soon"),
        # No call, but it names a session; its beginning is read for that alone.
        json_span(startTimeUnixNano=1e308, attributes=NAMES_A_SESSION),
        json_span(attributes=[{"value": {"intValue": "1"}}]),
        json_span(attributes="none"),
        "no span at all",
    ],
    ids=range(9),
)
def test_one_broken_json_span_is_rejected_and_the_others_count(broken: Any) -> None:
    body = json_traces(broken, json_span())

    reading = read_otlp("traces", body, content_type="application/json")

    assert len(reading.reports) == 1
    assert reading.rejected == 1
    assert reading.error_message


def test_a_protobuf_span_without_valid_ids_is_rejected() -> None:
    request = ExportTraceServiceRequest.FromString(
        traces(span(1, CALL), span(2, CALL), span(3, CALL))
    )
    spans = [scoped.spans[0] for scoped in request.resource_spans[0].scope_spans]
    spans[0].trace_id = b"short"
    spans[1].span_id = bytes(8)

    reading = read_otlp("traces", request.SerializeToString(), content_type=PROTOBUF)

    assert len(reading.reports) == 1
    assert reading.rejected == 2
    assert "span id" in reading.error_message


@pytest.mark.parametrize(
    "times",
    [
        {"endTimeUnixNano": "9" * 25},
        {"endTimeUnixNano": "253402300799000000000"},
        {"endTimeUnixNano": None, "startTimeUnixNano": "9" * 25},
    ],
    ids=["end", "last second of 9999", "start of a span that says no end"],
)
def test_a_span_at_an_impossible_time_is_rejected(times: dict[str, Any]) -> None:
    body = json_traces(json_span(**times))

    reading = read_otlp("traces", body, content_type="application/json")

    assert (reading.reports, reading.rejected) == ([], 1)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xff\xff", PROTOBUF),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"7", "application/json"),
        (b"\xff", "application/json"),
        (b'"\xff"', "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
    ids=["protobuf", "open", "list", "number", "no utf-8", "a bad string", "deep"],
)
def test_a_body_that_cannot_be_decoded_is_a_400(
    signal: str, body: bytes, content_type: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_otlp(signal, body, content_type=content_type)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body",
    [b'{"resourceSpans": 7}', b'{"resourceSpans": [[]]}'],
)
def test_json_of_another_form_is_a_400(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_otlp("traces", body, content_type="application/json")

    assert caught.value.status == 400


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/grpc"])
def test_another_content_type_is_a_415(content_type: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_otlp("traces", b"", content_type=content_type)

    assert caught.value.status == 415


@given(body=st.binary(max_size=200), signal=st.sampled_from(SIGNALS))
def test_any_bytes_are_read_or_refused(body: bytes, signal: str) -> None:
    for content_type in (PROTOBUF, "application/json"):
        try:
            read_otlp(signal, body, content_type=content_type)
        except SourceError as error:
            assert error.status == 400


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "scope",
                    "resource",
                    "attributes",
                    "key",
                    "value",
                    "traceId",
                    "spanId",
                    "intValue",
                    "arrayValue",
                    "values",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(data=_JSON)
def test_any_json_is_read_or_refused(data: object) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": data}, data]}).encode()

    try:
        read_otlp("traces", body, content_type="application/json")
    except SourceError as error:
        assert error.status == 400
