"""What Channels' tutorial builds: every socket a member of one group."""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

settings.configure(
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
)
GROUP = "everyone"


class Member(AsyncWebsocketConsumer):
    groups = [GROUP]

    async def news(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


sockets = URLRouter([path("ws/overview/", Member.as_asgi())])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await sockets(scope, receive, send)
    elif scope["type"] == "http":
        body = (await receive())["body"].decode()
        await get_channel_layer().group_send(GROUP, {"type": "news", "text": body})
        head = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"ok"})
    else:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
