"""OTLP/HTTP and LiteLLM's logger: what clients already emit becomes samples."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.sources.otlp_bodies import as_json, logs, span, traces

PROTOBUF = {"Content-Type": "application/x-protobuf"}
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}


async def send(api: Any, path: str, body: bytes, **headers: str) -> Any:
    """To the root of the site: exporters add /v1/traces to an address of theirs."""
    return await api.client.post(
        path,
        content=body,
        headers=PROTOBUF | {"Authorization": f"Bearer {api.key}"} | headers,
    )


async def stored(in_db: Any) -> list[tuple[str, int]]:
    from tracker.models import UsageSample

    return await in_db(
        lambda: list(
            UsageSample.objects.order_by("pk").values_list(
                "session__key", "used_tokens"
            )
        )
    )


async def test_a_key_revoked_just_now_is_refused_before_anything_is_stored(
    api: Any, in_db: Any
) -> None:
    from tracker.ingest.api_keys import revoke_api_key
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


async def test_a_call_that_came_under_another_id_is_counted_once(
    api: Any, in_db: Any
) -> None:
    unnamed = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}

    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(2, unnamed, scope="two")))

    assert await stored(in_db) == [("conv-1", 1000)]


NAMELESS = {k: v for k, v in CALL.items() if k != "gen_ai.conversation.id"}
UNNAMED = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        pytest.param(NAMELESS, CALL, id="the same response id"),
        pytest.param(NAMELESS, UNNAMED, id="the id only on the child"),
        pytest.param(
            {k: v for k, v in UNNAMED.items() if k != "gen_ai.conversation.id"},
            CALL,
            id="the id only on the parent",
        ),
    ],
)
@pytest.mark.parametrize(
    ("trace", "is_remembered"),
    [
        pytest.param(0xA1, True, id="same trace"),
        pytest.param(0xA1, False, id="same trace, by another process"),
        pytest.param(0xB2, True, id="another root"),
    ],
)
async def test_a_child_sent_before_the_span_that_names_its_session_moves_there(
    api: Any,
    in_db: Any,
    child: dict[str, Any],
    parent: dict[str, Any],
    trace: int,
    is_remembered: bool,
) -> None:
    """As a SimpleSpanProcessor sends: each span as it ends, the inner one first."""
    from tracker.api.source_intake import twins
    from tracker.ingest.verifying import verify
    from tracker.models import LLMSession

    inner = span(2, child, scope="sdk", parent=1, trace=0xA1)
    outer = span(1, parent, scope="instrumentor", trace=trace)
    await send(api, "/v1/traces", traces(inner))
    assert await stored(in_db) == [(f"{0xA1:032x}", 1000)]
    if not is_remembered:
        twins.forget_all()  # as another process, or half a minute later
    await send(api, "/v1/traces", traces(outer))
    await send(api, "/v1/traces", traces(outer))

    assert await stored(in_db) == [("conv-1", 1000)]
    keys = LLMSession.objects.values_list("key", flat=True)
    assert await in_db(lambda: list(keys)) == ["conv-1"]
    assert await in_db(lambda: [str(each) for each in verify()]) == []


async def test_alike_calls_of_two_traces_each_move_to_their_own_session(
    api: Any, in_db: Any
) -> None:
    for number, trace in ((1, 0xA1), (2, 0xB2)):
        given = NAMELESS | {"gen_ai.response.id": f"chatcmpl-{number}"}
        inner = span(number, given, scope="sdk", trace=trace)
        await send(api, "/v1/traces", traces(inner))
    for number, trace in ((3, 0xA1), (4, 0xB2)):
        given = UNNAMED | {"gen_ai.conversation.id": f"conv-{number}"}
        outer = span(number, given, scope="instrumentor", trace=trace)
        await send(api, "/v1/traces", traces(outer))

    assert sorted(await stored(in_db)) == [("conv-3", 1000), ("conv-4", 1000)]


async def test_two_alike_calls_of_one_way_are_two_calls(api: Any, in_db: Any) -> None:
    """An eval may repeat a prompt; one exporter never sends a call under two ids."""
    unnamed = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}

    await send(api, "/v1/traces", traces(span(1, unnamed, scope="one")))
    await send(api, "/v1/traces", traces(span(2, unnamed, scope="one")))

    assert await stored(in_db) == [("conv-1", 1000), ("conv-1", 1000)]


async def test_what_is_not_understood_is_counted_with_its_reason(
    api: Any, in_db: Any
) -> None:
    from tracker.ingest.source_activity import activity
    from tracker.models import SourceActivity

    await send(
        api, "/v1/traces", traces(span(1, {"http.method": "GET"}), span(2, CALL))
    )

    def rows() -> list[tuple[str, int, dict[str, int]]]:
        activity.write()
        found = SourceActivity.objects.all()
        return [(a.source, a.report_count, a.ignored) for a in found]

    assert await in_db(rows) == [("otlp_traces", 1, {"no_usage": 1})]


async def test_a_retry_and_a_twin_are_counted_as_known_already(
    api: Any, in_db: Any
) -> None:
    from tracker.ingest.source_activity import activity
    from tracker.models import SourceActivity

    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(2, UNNAMED, scope="two")))

    def row() -> tuple[int, int, int]:
        activity.write()
        found = SourceActivity.objects.get()
        return found.report_count, found.twin_count, found.rejected_count

    assert await in_db(row) == (1, 2, 0)


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


@pytest.mark.parametrize(
    ("path", "source", "headers", "reason"),
    [
        ("/v1/traces", "otlp_traces", {}, "protobuf"),
        ("/v1/logs", "otlp_logs", {"Content-Type": "application/json"}, "JSON"),
        ("/v1/metrics", "otlp_metrics", {"Content-Encoding": "gzip"}, "gzip"),
        ("/api/v1/sources/litellm", "litellm", {}, "JSON"),
    ],
)
async def test_a_body_refused_as_a_whole_is_counted_with_its_reason(
    api: Any, in_db: Any, path: str, source: str, headers: dict[str, str], reason: str
) -> None:
    for _ in range(2):
        headers = headers | {"User-Agent": "exporter/1"}
        assert (await send(api, path, b"\xff\xff", **headers)).status_code == 400

    row = await in_db(activity_row)
    assert (row.source, row.client, row.report_count) == (source, "exporter/1", 0)
    assert row.rejected_count == 2
    assert reason in row.last_error


async def test_a_body_beyond_the_keys_rate_is_counted_with_its_reason(
    api: Any, key_with: Any, in_db: Any
) -> None:
    slow = {
        "Authorization": f"Bearer {await key_with('ingest', rate_limit_per_minute=1)}"
    }
    other = CALL | {"gen_ai.response.id": "chatcmpl-2"}

    first = await send(api, "/v1/traces", traces(span(1, CALL)), **slow)
    second = await send(api, "/v1/traces", traces(span(2, other)), **slow)

    assert (first.status_code, second.status_code) == (200, 429)
    row = await in_db(activity_row)
    assert (row.report_count, row.rejected_count) == (1, 1)
    assert "1 reports a minute" in row.last_error


async def test_a_reason_that_quotes_a_client_is_kept_in_part(
    api: Any, in_db: Any
) -> None:
    kind = "text/" + "x" * 5_000
    refused = await send(api, "/v1/traces", b"\xff", **{"Content-Type": kind})

    assert refused.status_code == 415
    row = await in_db(activity_row)
    assert row.last_error.startswith("content type 'text/xxx")
    assert len(row.last_error) == 500


async def test_who_is_not_let_in_is_not_counted(api: Any, in_db: Any) -> None:
    from tracker.ingest.source_activity import activity
    from tracker.models import SourceActivity

    await send(api, "/v1/traces", b"\xff", Authorization="Bearer tb_wrong")

    await in_db(activity.write)
    assert not await in_db(SourceActivity.objects.exists)


def activity_row() -> Any:
    from tracker.ingest.source_activity import activity
    from tracker.models import SourceActivity

    activity.write()
    return SourceActivity.objects.get()


async def test_litellms_logger_is_taken(api: Any, in_db: Any) -> None:
    payload = {
        "id": "chatcmpl-9",
        "call_type": "acompletion",
        "status": "success",
        "trace_id": "sess-1",
        "model": "gpt-4o-mini",
        "prompt_tokens": 1131,
        "completion_tokens": 20,
        "total_tokens": 1151,
        "startTime": 1_790_000_000.0,
        "endTime": 1_790_000_001.0,
        "metadata": {},
    }

    good = await api.post("/sources/litellm", [payload])
    bad = await api.post("/sources/litellm", {"nothing": "known"})

    assert (good.status_code, good.json()["accepted"]) == (200, 1)
    assert bad.json()["rejected"] == 1
    assert await stored(in_db) == [("sess-1", 1131)]


async def test_litellm_without_json_is_400_with_the_apis_error(api: Any) -> None:
    response = await api.post("/sources/litellm", b"{")

    assert response.status_code == 400
    assert json.loads(response.content)["error"]["message"]


LITELLM_CALL = {
    "id": "chatcmpl-9",
    "call_type": "acompletion",
    "status": "success",
    "trace_id": "sess-1",
    "model": "gpt-4o-mini",
    "prompt_tokens": 1131,
    "endTime": 1_790_000_001.0,
}


async def test_telemetry_counts_against_the_keys_rate_limit(
    api: Any, key_with: Any, in_db: Any
) -> None:
    slow = await key_with("ingest", rate_limit_per_minute=2)
    bearer = {"Authorization": f"Bearer {slow}"}
    other = CALL | {"gen_ai.response.id": "chatcmpl-2"}

    free = await send(
        api, "/v1/traces", traces(span(1, {"http.method": "GET"})), **bearer
    )
    first = await send(
        api, "/v1/traces", traces(span(2, CALL), span(3, other)), **bearer
    )
    refused = await send(api, "/v1/traces", traces(span(4, CALL)), **bearer)
    as_log = await send(api, "/v1/logs", logs({"name": "hook"}, scope="s"), **bearer)
    litellm = await api.post("/sources/litellm", [LITELLM_CALL], key=slow)

    assert (free.status_code, first.status_code) == (200, 200)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert b"2 reports a minute" in refused.content
    assert as_log.status_code == 200  # nothing of it is counted
    assert litellm.status_code == 429
    assert "2 reports a minute" in litellm.json()["error"]["message"]
    assert await stored(in_db) == [("conv-1", 1000), ("conv-1", 1000)]


async def test_what_the_limit_refused_is_taken_when_it_is_sent_again(
    api: Any, key_with: Any, in_db: Any
) -> None:
    """Refused spans are not remembered as known by another id."""
    slow = await key_with("ingest", rate_limit_per_minute=0)
    unnamed = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}
    twin = traces(span(2, unnamed, scope="two"))

    bearer = {"Authorization": f"Bearer {slow}"}
    refused = await send(
        api, "/v1/traces", traces(span(1, CALL, scope="one")), **bearer
    )
    taken = await send(api, "/v1/traces", twin)

    assert (refused.status_code, taken.status_code) == (429, 200)
    assert await stored(in_db) == [("conv-1", 1000)]
