"""The product's ASGI application with one endpoint beside it that only decodes."""

from __future__ import annotations

from typing import Any

from budget_site.asgi import application as product
from tracker.sources.native import decode_usage

ANSWER = b'{"ok":true}'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(ANSWER)).encode()),
]


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != "/null":
        await product(scope, receive, send)
        return
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    decode_usage(body)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})
