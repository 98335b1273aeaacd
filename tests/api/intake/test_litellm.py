"""LiteLLM's logger becomes samples."""

from __future__ import annotations

import json
from typing import Any

from tests.api.intake.telemetry import stored


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
