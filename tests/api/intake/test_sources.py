"""OTLP/HTTP: what clients already emit becomes samples."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.api.intake.telemetry import CALL, send, stored
from tests.sources.otlp.bodies import as_json, logs, span, traces


async def test_a_key_revoked_just_now_is_refused_before_anything_is_stored(
    api: Any, in_db: Any
) -> None:
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey

    await send(api, "/v1/traces", traces(span(1, CALL)))
    await in_db(lambda: revoke_api_key(ApiKey.objects.get()))

    # The key is remembered for a second yet; the writing transaction knows better.
    other = CALL | {"gen_ai.response.id": "chatcmpl-2"}
    answer = await send(api, "/v1/traces", traces(span(2, other)))

    assert answer.status_code == 401
    assert await stored(in_db) == [("conv-1", 1000)]


async def test_a_span_becomes_a_sample_and_a_retry_changes_nothing(
    api: Any, in_db: Any
) -> None:
    body = traces(span(1, CALL))

    first = await send(api, "/v1/traces", body)
    again = await send(api, "/v1/traces", body)

    assert (first.status_code, first.content) == (200, b"")
    assert first.headers["content-type"] == "application/x-protobuf"
    assert again.status_code == 200
    assert await stored(in_db) == [("conv-1", 1000)]


async def test_json_gzip_and_langfuses_path_are_taken(api: Any, in_db: Any) -> None:
    body = as_json(traces(span(1, CALL)), ExportTraceServiceRequest)
    basic = base64.b64encode(f"pk:{api.key}".encode()).decode()

    response = await send(
        api,
        "/api/public/otel/v1/traces",
        gzip.compress(body),
        **{
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Authorization": f"Basic {basic}",
        },
    )

    assert (response.status_code, response.json()) == (200, {})
    assert await stored(in_db) == [("conv-1", 1000)]


async def test_an_event_of_claude_code_is_counted_with_its_cache(
    api: Any, in_db: Any
) -> None:
    event = {
        "name": "claude_code.api_request",
        "session.id": "s-1",
        "model": "claude-sonnet-4-5",
        "input_tokens": 10,
        "cache_read_tokens": 500,
        "cache_creation_tokens": 90,
        "output_tokens": 7,
        "request_id": "req_1",
    }

    response = await send(
        api, "/v1/logs", logs(event, scope="com.anthropic.claude_code.events")
    )

    assert response.status_code == 200
    assert await stored(in_db) == [("s-1", 600)]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xff", {}, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"", {"Content-Type": "text/plain"}, 415),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"abc", mtime=0)[:-4], {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"", mtime=0) * 2, {"Content-Encoding": "gzip"}, 400),
        (b"", {"Content-Encoding": "br"}, 415),
        (gzip.compress(b"\0" * 2**21, mtime=0), {"Content-Encoding": "gzip"}, 413),
        (b"", {"Authorization": "Bearer tb_wrong"}, 401),
    ],
)
async def test_bad_telemetry_is_refused_and_stores_nothing(
    api: Any,
    in_db: Any,
    settings: Any,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    settings.OTLP_BODY_BYTES = 2**20

    response = await send(api, "/v1/traces", body, **headers)

    assert response.status_code == status
    assert await stored(in_db) == []


async def test_a_large_body_is_stored_in_commits_that_others_get_between(
    api: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 spans in one transaction made others wait for 13 s."""
    from tracker.api.intake import sources

    monkeypatch.setattr(sources, "STORED_AT_ONCE", 2)
    sizes: list[int] = []
    put = sources.stored

    async def counted(arrivals: Any) -> Any:
        sizes.append(len(arrivals))
        return await put(arrivals)

    monkeypatch.setattr(sources, "stored", counted)
    calls = [CALL | {"gen_ai.response.id": f"chatcmpl-{n}"} for n in range(5)]
    body = traces(*(span(n + 1, call) for n, call in enumerate(calls)))

    first = await send(api, "/v1/traces", body)
    again = await send(api, "/v1/traces", body)

    assert (first.status_code, again.status_code) == (200, 200)
    assert sizes[:3] == [2, 2, 1]
    assert len(await stored(in_db)) == 5
