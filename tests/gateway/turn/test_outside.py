"""What the provider removed by itself is recorded, once each time."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.gateway.agents import PATHS, Agent
from tests.gateway.fake_upstream import FakeUpstream
from tracker.gateway.turn.outside import Removed, removed_by_provider
from tracker.gateway.upstream.answers import Answered

COMPACTED = [
    {"type": "compaction", "input_tokens": 100_000, "output_tokens": 3_500,
     "cache_read_input_tokens": 80_000},
    {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
]  # fmt: skip


def cleared(*tokens: Any) -> Answered:
    edits = [
        {"type": "clear_tool_uses_20250919", "cleared_input_tokens": n} for n in tokens
    ]
    return Answered(context_management={"applied_edits": edits})


def test_what_is_cleared_again_in_each_request_counts_once() -> None:
    key = (1, "clears", "main")

    found = [
        removed_by_provider(key, answered, 40_000)
        for answered in (
            cleared(),
            cleared(50_000),
            cleared(50_000),
            cleared(60_000, 2_000),
            cleared(),
            cleared(62_000),
        )
    ]

    how = "clear_tool_uses_20250919"
    assert found == [
        None,
        Removed(90_000, 40_000, how),
        None,
        Removed(52_000, 40_000, how),
        None,
        None,
    ]


def test_a_lane_that_this_process_did_not_see_begin_counts_from_its_first_answer() -> (
    None
):
    key = (1, "after a restart", "main")

    assert removed_by_provider(key, cleared(50_000), 40_000) is None
    assert removed_by_provider(key, cleared(51_000), 40_000) is not None


@pytest.mark.parametrize(
    ("iterations", "used", "found"),
    [
        (COMPACTED, 23_000, Removed(180_000, 23_000, "compaction")),
        (COMPACTED[:1], 0, Removed(180_000, 3_500, "compaction")),
        (COMPACTED[1:], 23_000, None),
        ([], 23_000, None),
        ("compaction", 23_000, None),
        ([{"type": "compaction", "input_tokens": True}], 5, None),
        ([{"type": "compaction", "input_tokens": "9"}, 7, None], 5, None),
    ],
)
def test_a_compaction_is_what_the_provider_read_and_what_was_left(
    iterations: Any, used: int, found: Removed | None
) -> None:
    answered = Answered(usage={"iterations": iterations})

    assert removed_by_provider((1, "compacts", "main"), answered, used) == found


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_compaction_of_the_provider_is_stored_beside_its_usage(
    client: httpx.AsyncClient, upstream: FakeUpstream, rows: Any, is_stream: bool
) -> None:
    usage = {"input_tokens": 23_000, "output_tokens": 1_000, "iterations": COMPACTED}
    message = {"id": "msg_1", "model": "claude-sonnet-4-5", "content": []}

    async def compact(_: web.Request) -> web.Response:
        if not is_stream:
            return web.json_response(message | {"usage": usage})
        begun = message | {"usage": {"input_tokens": 23_000}}
        events = [
            {"type": "message_start", "message": begun},
            {"type": "message_delta", "usage": usage},
        ]
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
        return web.Response(text=text, content_type="text/event-stream")

    agent = Agent(client)
    upstream.next_answers = [compact]
    body = agent.body | {
        "context_management": {"edits": [{"type": "compact_20260112"}]}
    }
    content = json.dumps(body).encode()
    headers = {"X-Token-Budget-Session": agent.session}
    await client.post(PATHS["anthropic"], content=content, headers=headers)

    assert upstream.last.body == content
    (compression,) = await rows("Compression")
    assert (compression.before_tokens, compression.after_tokens) == (180_000, 23_000)
    assert (compression.performed_by, compression.strategy) == ("client", "compaction")
    assert compression.origin == "gateway"
    (sample,) = await rows("UsageSample")
    assert sample.used_tokens == 23_000
