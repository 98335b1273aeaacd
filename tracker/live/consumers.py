"""The sockets: greet with the present state, forward, leave."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path

from tracker.live.allowed import access
from tracker.live.allowed.still_allowed import credential_of
from tracker.live.greeting import greet, read_snapshot
from tracker.live.hub import hub
from tracker.live.shared_reads import SharedReads
from tracker.live.subscriber import Send, Subscriber, frame
from tracker.reading.sessions.active import span_named

NOT_ALLOWED = 4003
NOT_FOUND = 4004
snapshots = SharedReads(database_sync_to_async(read_snapshot))


class BudgetConsumer(AsyncWebsocketConsumer):
    """One open page, or one program that watches. It answers the text `ping` with
    `{"type": "pong"}` and ignores other messages.
    """

    # The hub listens to the channel layer for all sockets. A channel for each would
    # take 4 KiB, and with Valkey a subscription.
    channel_layer_alias = "none"
    subscriber: Subscriber | None = None
    sender: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        allowed = await self._allowed(query)
        if isinstance(allowed, int):
            # Accepted first: a browser does not see the code of a refused handshake.
            await self.accept()
            await self.close(allowed)
            return
        await self.accept()
        session_id = self.session_id
        self.subscriber = Subscriber(
            allowed,
            session_id=session_id,
            span=span_named(query.get("active", [""])[0]),
            credential=credential_of(self.scope),
            send=self._server_send,
            shut=self.close,
        )
        try:
            # Join before reading the snapshot: news between the two would be lost.
            await hub.join(self.subscriber)
            snapshot = await snapshots.get(self.subscriber.audience)
            greeting = await database_sync_to_async(greet)(
                snapshot, session_id=session_id, after=query.get("after", [""])[0]
            )
            for text in greeting.texts:
                await self._server_send(frame(text))
        except BaseException:
            # `disconnect` is not called for a socket whose `connect` has failed.
            hub.leave(self.subscriber)
            raise
        self.subscriber.release(greeting.seqs)
        self.sender = asyncio.create_task(self.subscriber.run())

    async def disconnect(self, _code: int) -> None:
        if self.subscriber is not None:
            hub.leave(self.subscriber)
        if self.sender is not None:
            self.sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self.sender
        # They refer back to this object; without this only the garbage collector would
        # free all three.
        self.subscriber = self.sender = None

    async def receive(self, text_data: str | None = None, **_: Any) -> None:
        if text_data == "ping" and self.subscriber is not None:
            self.subscriber.answer_ping()

    @property
    def session_id(self) -> int | None:
        pk: int | None = self.scope["url_route"]["kwargs"].get("pk")
        return pk

    @property
    def _server_send(self) -> Send:
        """The server's own: each layer between would wrap every frame once more, and
        change nothing, for a thousand sockets ten times a second.
        """
        send: Send = self.scope.get("plain_send") or self.base_send
        return send

    async def _allowed(self, query: dict[str, list[str]]) -> frozenset[int] | int:
        """Project ids, or the code to close with."""
        found: frozenset[int] | None
        found = await database_sync_to_async(access.readable_projects)(self.scope)
        if found is None:
            return NOT_ALLOWED
        if "project" in query:
            narrowed = database_sync_to_async(access.narrowed)
            found = await narrowed(found, query["project"][0])
        if self.session_id is None:
            return found
        project = await database_sync_to_async(access.session_project)(
            found, self.session_id
        )
        return NOT_FOUND if project is None else frozenset((project,))


websocket_urlpatterns = [
    path("ws/overview/", BudgetConsumer.as_asgi()),
    path("ws/sessions/<int:pk>/", BudgetConsumer.as_asgi()),
]
