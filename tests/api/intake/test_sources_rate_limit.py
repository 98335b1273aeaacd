"""Telemetry counts against its key's limit, and is taken when sent again."""

from __future__ import annotations

from typing import Any

from tests.api.intake.telemetry import CALL, send, stored
from tests.sources.otlp.bodies import logs, span, traces

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
