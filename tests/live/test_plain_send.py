"""A socket that has ended leaves nothing of itself in the server's scope."""

from __future__ import annotations

from typing import Any


async def test_the_scope_of_an_ended_socket_does_not_hold_its_server(
    store: None,  # the thread that closes old connections may have one
) -> None:
    """It would be a circle: scope, send, the server's protocol, scope."""
    from budget_site.asgi import application

    scope: dict[str, Any] = {
        "type": "websocket", "path": "/ws/nowhere/", "raw_path": b"/ws/nowhere/",
        "query_string": b"", "headers": [], "subprotocols": [],
    }  # fmt: skip
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        assert scope["plain_send"] is send
        sent.append(message)

    await application(scope, receive, send)

    assert sent == [{"type": "websocket.close", "code": 4004}]
    assert "plain_send" not in scope
