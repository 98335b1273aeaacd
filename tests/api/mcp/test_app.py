"""Who may ask /mcp, from where, and how much."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
HEADERS = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def ask(api: Any) -> Any:
    """`await ask(key=…, body=…, method=…, **headers)`: one message of the protocol."""

    async def send(
        *, key: str | None = None, body: Any = LIST, method: str = "POST", **more: str
    ) -> Any:
        headers = {"Authorization": f"Bearer {api.key if key is None else key}"}
        headers |= HEADERS | {name.replace("_", "-"): v for name, v in more.items()}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await api.client.request(method, "/mcp", headers=headers, **content)

    return send


async def test_a_request_stands_alone(ask: Any) -> None:
    answer = await ask()

    assert answer.status_code == 200
    assert len(answer.json()["result"]["tools"]) == 3
    assert "mcp-session-id" not in answer.headers


async def test_only_a_key_that_may_read_is_answered(ask: Any, key_with: Any) -> None:
    for wrong in ("", "tb_unknown"):
        answer = await ask(key=wrong)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    narrow = await key_with("ingest", "optimize", "gateway")
    assert (await ask(key=narrow)).status_code == 403
    assert (await ask(key=await key_with("read"))).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "tracker.example"}, 400),
        ({"Origin": "https://tracker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[half"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:9000"}, 403),
    ],
)
async def test_a_page_of_another_site_cannot_ask(
    ask: Any, headers: dict[str, str], status: int
) -> None:
    assert (await ask(**headers)).status_code == status


async def test_a_trusted_origin_may_ask(ask: Any, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://agents.example"]

    assert (await ask(Origin="https://agents.example")).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_nothing_to_listen_to(ask: Any, method: str) -> None:
    assert (await ask(method=method)).status_code == 405


async def test_a_large_message_is_refused_before_it_is_read(ask: Any) -> None:
    answer = await ask(body=b" " * 65_537)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[" * 30_000,
        b'{"id": NaN}',
        b'{"id": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"id": ' + b"9" * 5_000 + b"}",
        b'{"id": "\\ud800"}',
    ],
)
async def test_what_is_no_message_is_refused(
    ask: Any, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(body=body, Content_Type="application/json")

    assert answer.status_code == 400
    assert not caplog.records


async def test_a_keys_rate_limit_counts(ask: Any, key_with: Any) -> None:
    slow = await key_with("read", rate_limit_per_minute=1)

    assert (await ask(key=slow)).status_code == 200
    assert (await ask(key=slow)).status_code == 429


async def test_one_key_has_four_answers_at_once(
    ask: Any, key_with: Any, monkeypatch: Any
) -> None:
    from tracker.api.mcp import protocol

    begun, go_on = asyncio.Queue[None](), asyncio.Event()
    answer = protocol.answer

    async def held(*arguments: Any) -> None:
        begun.put_nowait(None)
        await go_on.wait()
        await answer(*arguments)

    monkeypatch.setattr(protocol, "answer", held)
    four = [asyncio.create_task(ask()) for _ in range(4)]
    for _ in four:
        await begun.get()
    refused = await ask()
    other = asyncio.create_task(ask(key=await key_with("read")))
    await begun.get()
    go_on.set()

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert [(await each).status_code for each in (*four, other)] == [200] * 5
    assert (await ask()).status_code == 200
