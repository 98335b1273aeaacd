"""Below the trigger a provider gets from its own SDK what it would get without us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.gateway.fake_upstream import Asked, FakeUpstream

# Of the way to us: our own address and key, and how this connection is kept.
OF_THE_WAY = {"host", "connection", "x-token-budget-key"}
SAID = [{"role": "user", "content": "Tür 7 — what is in /srv/gate.py? ☂"}]
TOOL = {"type": "object", "properties": {"path": {"type": "string"}}, "required": []}


async def messages(base: str, headers: Any, stream: bool) -> list[Any]:
    from anthropic import AsyncAnthropic

    tools: Any = [{"name": "read", "description": "Reads.", "input_schema": TOOL}]
    asked: Any = {"model": "claude-house-1", "max_tokens": 50, "tools": tools}
    where = {"api_key": "k", "base_url": base, "default_headers": headers}
    async with AsyncAnthropic(**where) as client:
        return await events_of(
            client.messages.create(messages=SAID, stream=stream, **asked)
        )


async def chat(base: str, headers: Any, stream: bool) -> list[Any]:
    tools = [{"type": "function", "function": {"name": "read", "parameters": TOOL}}]
    async with openai_client(base, headers) as client:
        return await events_of(
            client.chat.completions.create(
                model="gpt-4.1", messages=SAID, tools=tools, stream=stream
            )
        )


async def responses(base: str, headers: Any, stream: bool) -> list[Any]:
    async with openai_client(base, headers) as client:
        return await events_of(
            client.responses.create(
                model="gpt-4.1", input=SAID, instructions="Be brief.", stream=stream
            )
        )


def openai_client(base: str, headers: Any) -> Any:
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key="k", base_url=f"{base}/v1", default_headers=headers)


async def events_of(answering: Any) -> list[Any]:
    answer = await answering
    is_stream = hasattr(answer, "__aiter__")
    return [event async for event in answer] if is_stream else [answer]


def plain(asked: Asked) -> tuple[str, str, bytes, list[tuple[str, str]]]:
    headers = [(k.lower(), v) for k, v in asked.headers]
    kept = sorted(pair for pair in headers if pair[0] not in OF_THE_WAY)
    return asked.method, asked.path, asked.body, kept


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("name", "call"),
    [("anthropic", messages), ("openai", chat), ("openai", responses)],
)
async def test_the_provider_gets_the_bytes_and_headers_of_its_sdk(
    upstream: FakeUpstream,
    address: str,
    gateway_key: str,
    name: str,
    call: Callable[..., Any],
    stream: bool,
    stored: Any,
) -> None:
    told = await call(upstream.url, {}, stream)
    key = {"X-Token-Budget-Key": gateway_key}
    through = await call(f"{address}/gateway/{name}", key, stream)

    direct, relayed = upstream.asked
    assert plain(relayed) == plain(direct)
    assert [type(event) for event in through] == [type(event) for event in told]
    sdk = "Anthropic SDK" if name == "anthropic" else "OpenAI SDK"
    assert [row.session.metadata for row in await stored()] == [{"program": sdk}]


@pytest.mark.parametrize("way", ["generateContent", "streamGenerateContent?alt=sse"])
async def test_the_provider_gets_what_googles_sdk_sends(
    upstream: FakeUpstream, address: str, gateway_key: str, stored: Any, way: str
) -> None:
    """Bytes and headers as google-genai 3.6.1 was seen to send them."""
    body = (
        b'{"contents": [{"parts": [{"text": "T\\u00fcr 7 \\u2602"}], "role": "user"}], '
        b'"systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"}, '
        b'"tools": [{"functionDeclarations": [{"description": "Reads.", '
        b'"name": "read", "parameters_json_schema": {"type": "object"}}]}], '
        b'"generationConfig": {}}'
    )
    name = "google-genai-sdk/3.6.1 gl-python/3.11.7"
    said = {
        "Content-Type": "application/json", "x-goog-api-key": "k", "Accept": "*/*",
        "user-agent": name, "x-goog-api-client": name,
        "Accept-Encoding": "gzip, deflate, br",
    }  # fmt: skip
    path = f"/v1/models/gemini-3-pro:{way}"
    async with httpx.AsyncClient(headers=said) as client:
        told = await client.post(upstream.url + path, content=body)
        through = await client.post(
            f"{address}/gateway/{gateway_key}/gemini{path}", content=body
        )

    direct, relayed = upstream.asked
    assert plain(relayed) == plain(direct)
    assert relayed.body == body
    assert upstream.sent == [told.content, through.content]
    sessions = [row.session.metadata for row in await stored()]
    assert sessions == [{"program": "Google Gen AI SDK"}]
