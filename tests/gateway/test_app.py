"""Calls through the gateway arrive as they were sent, and so do their answers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.gateway.bodies import anthropic, as_sent, chat, gemini, responses
from tests.gateway.fake_upstream import FakeUpstream

CALLS = {
    "anthropic": ("/gateway/anthropic/v1/messages?beta=true", anthropic()),
    "anthropic-whole": ("/gateway/anthropic/v1/messages", anthropic(stream=False)),
    "chat": (
        "/gateway/openai/v1/chat/completions",
        chat(stream_options={"include_usage": True}),
    ),
    "chat-whole": ("/gateway/openai/v1/chat/completions", chat(stream=False)),
    "responses": ("/gateway/openai/v1/responses", responses()),
    "responses-whole": ("/gateway/openai/v1/responses", responses(stream=False)),
    "gemini": (
        "/gateway/gemini/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse",
        gemini(),
    ),
    "gemini-array": (
        "/gateway/gemini/v1beta/models/gemini-3-pro:streamGenerateContent",
        gemini(),
    ),
    "gemini-escaped": (
        "/gateway/gemini/v1beta/models/gemini-3-pro%3AgenerateContent",
        gemini(),
    ),
    "gemini-whole": (
        "/gateway/gemini/v1beta/models/gemini-3-pro:generateContent",
        gemini(),
    ),
}
OUTPUT = {"anthropic": 21, "chat": 9, "responses": 7, "gemini": 5}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
async def test_bytes_arrive_as_they_were_sent_both_ways_and_usage_is_stored(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    stored: Any,
    name: str,
    is_packed: bool,
) -> None:
    path, body = CALLS[name]
    upstream.is_packed = is_packed

    async with client.stream(
        "POST", path, content=as_sent(body), headers={"x-api-key": "provider-secret"}
    ) as answer:
        came = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert answer.status_code == 200
    assert upstream.last.body == as_sent(body)
    assert came == upstream.sent[-1]
    assert upstream.last.path == "/" + path.split("/", 3)[3]
    assert upstream.last.header("x-api-key") == "provider-secret"
    assert upstream.last.header("x-token-budget-key") is None
    (sample,) = await stored()
    assert (sample.source, sample.origin) == ("reported", "gateway")
    assert sample.output_tokens == OUTPUT[name.partition("-")[0]]
    assert sample.used_tokens > 10
    assert sample.event_id.startswith(("msg_", "chatcmpl-", "resp_", "gem"))
    assert answer.headers["x-token-budget-session"] == sample.session.key
    assert answer.headers["x-token-budget-level"] == "ok"


async def test_a_chat_stream_without_usage_is_estimated(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    answer = await client.post(CALLS["chat"][0], json=chat(turns=9))

    assert b"usage" not in answer.content
    (sample,) = await stored()
    assert sample.source == "estimated"
    size = upstream._size(upstream.last.json)
    assert sample.used_tokens == pytest.approx(size, rel=0.2)


async def test_the_key_may_stand_in_the_path(
    client: httpx.AsyncClient, upstream: FakeUpstream, gateway_key: str, stored: Any
) -> None:
    path = f"/gateway/{gateway_key}/anthropic/v1/messages"
    answer = await client.post(
        path, json=anthropic(), headers={"X-Token-Budget-Key": ""}
    )

    assert answer.status_code == 200
    assert upstream.last.path == "/v1/messages"
    assert len(await stored()) == 1


async def test_other_addresses_pass_and_are_not_recorded(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    listed = await client.get("/gateway/openai/v1/models?limit=3")
    file = b"\x00\xff" * 200_000
    sent = await client.put("/gateway/openai/v1/files/a%20b", content=file)
    counted = await client.post(
        "/gateway/anthropic/v1/messages/count_tokens", json=anthropic()
    )

    assert listed.content == sent.content == b"from the upstream"
    assert listed.headers["x-way"] == "other"
    assert [asked.path for asked in upstream.asked] == [
        "/v1/models?limit=3",
        "/v1/files/a%20b",
        "/v1/messages/count_tokens",
    ]
    assert upstream.asked[1].body == file
    assert counted.json()["input_tokens"] > 10
    assert "x-token-budget-session" not in listed.headers
    assert await stored() == []


async def test_errors_and_limits_pass_unchanged(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    async def overloaded(request: web.Request) -> web.Response:
        return web.Response(
            status=529,
            body=b'{"error": {"type": "overloaded_error"}}',
            headers={
                "Retry-After": "7",
                "anthropic-ratelimit-tokens-remaining": "0",
                "request-id": "req_1",
                "x-request-id": "req_2",
                "Content-Type": "application/json",
            },
        )

    upstream.next_answers = [overloaded]
    answer = await client.post(CALLS["anthropic"][0], json=anthropic())

    assert answer.status_code == 529
    assert answer.content == b'{"error": {"type": "overloaded_error"}}'
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["anthropic-ratelimit-tokens-remaining"] == "0"
    assert answer.headers.get_list("x-request-id") == ["req_2"]
    assert len(answer.headers.get_list("date")) == 1
    assert await stored() == []


async def test_a_redirect_is_passed_and_not_followed(
    client: httpx.AsyncClient, upstream: FakeUpstream
) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/x"})

    upstream.next_answers = [elsewhere]
    answer = await client.post(CALLS["anthropic"][0], json=anthropic())

    assert answer.status_code == 307
    assert len(upstream.asked) == 1


async def test_a_client_that_goes_away_ends_the_call_and_its_usage_is_kept(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    upstream.hold = asyncio.Event()

    async with client.stream("POST", CALLS["anthropic"][0], json=anthropic()) as answer:
        async for chunk in answer.aiter_raw():
            assert b"message_start" in chunk
            break

    async with asyncio.timeout(60):
        await upstream.gone.wait()
    (sample,) = await stored()
    assert sample.used_tokens > 10


async def test_an_upstream_that_breaks_off_breaks_the_answer_off(
    client: httpx.AsyncClient, upstream: FakeUpstream
) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: {}\n\n")
        assert request.transport is not None
        request.transport.abort()
        return response

    upstream.next_answers = [broken]
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(CALLS["anthropic"][0], json=anthropic())


async def test_an_upstream_that_is_away_is_502(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    await upstream.stop()

    answer = await client.post(
        CALLS["anthropic"][0], json=anthropic(), headers={"x-api-key": "secret"}
    )

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream"
    assert "secret" not in answer.text
    assert await stored() == []


async def test_an_upstream_that_speaks_no_http_is_502_without_the_address(
    client: httpx.AsyncClient, in_db: Any
) -> None:
    from tracker.changes.upstreams import set_upstream
    from tracker.gateway.request.address import directory

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-other\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await in_db(lambda: set_upstream("gemini", url, "gemini"))
    directory.forget()

    answer = await client.post(CALLS["gemini"][0] + "&key=secret", json=gemini())
    server.close()

    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "the upstream did not answer: no HTTP"


async def test_a_status_that_no_server_can_send_is_502(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(status=799, reason="Odd")

    upstream.next_answers = [odd]

    answer = await client.post(CALLS["anthropic"][0], json=anthropic())

    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "the upstream's status: 799"
    assert await stored() == []


async def test_a_body_beyond_the_limit_is_413_before_it_is_read(
    client: httpx.AsyncClient, upstream: FakeUpstream, settings: Any
) -> None:
    settings.GATEWAY_BODY_BYTES = 1024 * 1024
    path = CALLS["anthropic"][0]

    async def pieces() -> Any:
        for _ in range(64):
            yield b" " * 1024 * 1024

    announced = await client.post(path, content=b" " * (1024 * 1024 + 1))
    unannounced = await client.post(path, content=pieces())

    assert announced.status_code == unannounced.status_code == 413
    assert upstream.asked == []


async def test_a_body_that_is_not_understood_is_relayed(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    answer = await client.post(CALLS["anthropic"][0], content=b'{"messages": [1, 2')

    assert upstream.last.body == b'{"messages": [1, 2'
    assert answer.status_code == 500  # the provider's own
    assert await stored() == []


async def test_a_closed_idle_connection_is_replaced(
    client: httpx.AsyncClient, upstream: FakeUpstream
) -> None:
    first = await client.post(CALLS["anthropic"][0], json=anthropic())
    await upstream.stop()
    await upstream.start()
    second = await client.post(CALLS["anthropic"][0], json=anthropic())

    assert (first.status_code, second.status_code) == (200, 200)


async def test_neither_key_nor_cookie_of_ours_reaches_the_upstream_nor_a_log(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    gateway_key: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A test before this one may have let uvicorn set up logs that go nowhere else.
    access = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(access, "propagate", True)
    monkeypatch.setattr(access, "disabled", False)
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", logger="uvicorn.access")
    await client.post(
        f"/gateway/{gateway_key}/anthropic/v1/messages?key=query-secret",
        json=anthropic(),
        headers={
            "Cookie": "sessionid=login",
            "Authorization": "Bearer provider-secret",
            "Connection": "X-Hop",
            "X-Hop": "1",
        },
    )

    names = {name.lower() for name, _ in upstream.last.headers}
    assert upstream.last.header("authorization") == "Bearer provider-secret"
    assert not {"cookie", "x-hop", "connection", "x-token-budget-key"} & names
    told = " ".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("http")  # the test's own client
    )
    assert "uvicorn.access" in {record.name for record in caplog.records}
    assert "provider-secret" not in told
    assert "query-secret" not in told
    assert gateway_key not in told


async def test_what_an_answer_says_of_the_plan_is_kept(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any, in_db: Any
) -> None:
    from tracker.models import PlanLimitState

    path, body = CALLS["anthropic-whole"]
    upstream.more_headers = {"anthropic-ratelimit-unified-5h-utilization": "0.43"}

    answer = await client.post(path, content=as_sent(body))

    assert answer.headers["anthropic-ratelimit-unified-5h-utilization"] == "0.43"
    await stored()
    limit = await in_db(PlanLimitState.objects.get)
    assert (limit.client, limit.minutes, limit.used_ratio) == ("claude_code", 300, 0.43)
