"""Sockets of Responses: every frame as it came, each call measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web

from tests.gateway.bodies import WORDS
from tests.gateway.fake_upstream import FakeUpstream

PATH = "/gateway/openai/v1/responses"
USAGE = {"input_tokens": 900, "output_tokens": 7, "total_tokens": 907}


class Provider:
    """The socket of a provider: `got` are the frames that came, as they came."""

    def __init__(self) -> None:
        self.got: list[str | bytes] = []
        self.headers: Any = None
        self.closed = asyncio.get_running_loop().create_future()
        self.usage = USAGE

    async def __call__(self, request: web.Request) -> web.WebSocketResponse:
        self.headers = request.headers
        socket = web.WebSocketResponse(protocols=("responses",), max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            self.got.append(message.data)
            if message.data == "leave":
                await socket.close(code=4008)
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            else:
                await self.answer(socket, json.loads(message.data))
        if not self.closed.done():
            self.closed.set_result(socket.close_code)
        return socket

    async def answer(self, socket: web.WebSocketResponse, asked: Any) -> None:
        if asked.get("model") == "unknown":
            await socket.send_str('{"type": "error", "status": 400, "error": {}}')
            return
        head = {"id": f"resp_{len(self.got)}", "model": "gpt-5-codex"}
        events = [
            {"type": "response.created", "response": {**head, "usage": None}},
            {"type": "response.output_text.delta", "delta": "an error"},
            {"type": "response.completed", "response": {**head, "usage": self.usage}},
        ]
        for event in events:
            await socket.send_str(json.dumps(event, indent=1))


@pytest.fixture
async def provider(upstream: FakeUpstream) -> Provider:
    found = Provider()
    upstream.next_answers = [found] * 5
    return found


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def created(**more: Any) -> str:
    said = {"type": "message", "role": "user", "content": WORDS * 4}
    body = {"type": "response.create", "model": "gpt-5-codex", "input": [said]}
    return json.dumps(body | more, indent=3, ensure_ascii=False)


async def until_done(socket: Any) -> list[str]:
    frames: list[str] = []
    while not frames or '"response.completed"' not in frames[-1]:
        frames.append((await socket.receive(60)).data)
    return frames


async def test_frames_pass_as_they_came_and_each_call_is_measured(
    http: ClientSession,
    address: str,
    gateway_key: str,
    provider: Provider,
    stored: Any,
    in_db: Any,
) -> None:
    from tracker.ingest.door.gateway_calls import call_log
    from tracker.models import GatewayCall

    headers = {
        "X-Token-Budget-Key": gateway_key,
        "X-Token-Budget-Session": "by-socket",
        "Authorization": "Bearer the-provider's",
        "Cookie": "sessionid=of-the-dashboard",
    }
    first, second = created(), created(previous_response_id="resp_1")
    async with http.ws_connect(
        address + PATH, headers=headers, protocols=("responses",)
    ) as socket:
        await socket.send_str(first)
        answered = await until_done(socket)
        provider.usage = USAGE | {"input_tokens": 1_900, "total_tokens": 1_907}
        await socket.send_str(second)
        await until_done(socket)
        await socket.send_bytes(b"\x00\x01")
        echoed = await socket.receive(60)

    assert socket.protocol == "responses"
    assert provider.got == [first, second, b"\x00\x01"]
    assert echoed.data == b"\x00\x01"
    assert len(answered) == 3 and answered[0].startswith('{\n "type"')
    assert provider.headers["Authorization"] == "Bearer the-provider's"
    assert "Cookie" not in provider.headers
    assert not any(name.startswith("X-Token-Budget") for name in provider.headers)
    samples = await stored()
    assert sorted(s.used_tokens for s in samples) == [900, 1_900]
    assert {s.session.key for s in samples} == {"by-socket"}
    await in_db(call_log.write)
    rows = await in_db(lambda: list(GatewayCall.objects.order_by("input_tokens")))
    assert [(r.status, r.action, r.input_tokens) for r in rows] == [
        (200, "untouched", 900),
        (200, "untouched", 1_900),
    ]
    assert all(row.first_byte_ms for row in rows)


async def test_a_key_in_the_address_and_a_frame_of_megabytes(
    http: ClientSession, address: str, gateway_key: str, provider: Provider
) -> None:
    large = created(instructions="x" * 5_000_000)
    url = address + PATH.replace("/openai", f"/{gateway_key}/openai")
    async with http.ws_connect(url) as socket:
        await socket.send_str(large)
        await until_done(socket)

    assert provider.got == [large]


async def test_an_answer_that_failed_is_no_usage(
    http: ClientSession,
    address: str,
    gateway_key: str,
    provider: Provider,
    stored: Any,
    in_db: Any,
) -> None:
    from tracker.ingest.door.gateway_calls import call_log
    from tracker.models import GatewayCall

    headers = {"X-Token-Budget-Key": gateway_key}
    async with http.ws_connect(address + PATH, headers=headers) as socket:
        await socket.send_str(created(model="unknown"))
        refused = await socket.receive(60)
        await socket.send_str('{"type": "other"}')  # no call: it is not measured
        await until_done(socket)

    assert json.loads(refused.data)["status"] == 400
    assert await stored() == []
    await in_db(call_log.write)
    rows = await in_db(lambda: list(GatewayCall.objects.values_list("status")))
    assert rows == [(400,)]


async def test_each_side_closes_the_other(
    http: ClientSession, address: str, gateway_key: str, provider: Provider
) -> None:
    headers = {"X-Token-Budget-Key": gateway_key}
    async with http.ws_connect(address + PATH, headers=headers) as socket:
        await socket.close(code=4001)
    assert await asyncio.wait_for(provider.closed, 60) == 4001
    async with http.ws_connect(address + PATH, headers=headers) as socket:
        await socket.send_str("leave")
        await socket.receive(60)

    assert socket.close_code == 4008


@pytest.mark.parametrize(
    ("path", "has_key", "status"),
    [
        (PATH, False, 401),
        (PATH.replace("responses", "messages"), True, 404),
        (PATH.replace("openai", "nowhere"), True, 404),
        (PATH + "/../../x", True, 400),
        (PATH, True, 426),  # the provider's own refusal
    ],
)
async def test_a_socket_that_is_not_opened_says_why(
    http: ClientSession,
    address: str,
    gateway_key: str,
    upstream: FakeUpstream,
    path: str,
    has_key: bool,
    status: int,
) -> None:
    from yarl import URL

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=426)

    upstream.next_answers = [refuse]
    headers = {"X-Token-Budget-Key": gateway_key} if has_key else {}
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(URL(address + path, encoded=True), headers=headers)

    assert refused.value.status == status
    assert bool(upstream.asked) is (status == 426)


async def test_a_revoked_key_sends_nothing_more(
    http: ClientSession,
    address: str,
    gateway_key: str,
    provider: Provider,
    in_db: Any,
) -> None:
    from tracker.api.keys.keyring import keyring
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey

    headers = {"X-Token-Budget-Key": gateway_key}
    async with http.ws_connect(address + PATH, headers=headers) as socket:
        await in_db(lambda: revoke_api_key(ApiKey.objects.get(name="gateway")))
        keyring.__init__()  # type: ignore[misc]  # as after a second
        await socket.send_str(created())
        await socket.receive(60)

    assert socket.close_code == 1008
    assert provider.got == []


async def test_a_call_behind_a_spent_budget_is_answered_here_and_not_passed_on(
    http: ClientSession,
    address: str,
    gateway_key: str,
    provider: Provider,
    stored: Any,
    project: Any,
    in_db: Any,
) -> None:
    from tracker.changes.policies.changing import save_policy
    from tracker.gateway.turn.stopping import stops
    from tracker.models import Policy

    stops.forget_all()
    limit = Policy(name="hard", project=project, gateway_session_tokens=500)
    await in_db(lambda: save_policy(limit))
    headers = {"X-Token-Budget-Key": gateway_key, "session_id": "runaway"}
    async with http.ws_connect(address + PATH, headers=headers) as socket:
        await socket.send_str(created())
        await until_done(socket)
        await stored()
        await socket.send_str(created())
        refused = json.loads((await socket.receive(60)).data)

    assert (refused["type"], refused["status"]) == ("error", 400)
    assert refused["error"]["code"] == "insufficient_quota"
    assert "session runaway has used 907 of 500 tokens" in refused["error"]["message"]
    assert len(provider.got) == 1
    assert len(await stored()) == 1
