"""Every socket, by everybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.socket_calls import NOT_ALLOWED, SOCKETS
from tests.isolation.world import ACTORS, KEYS, MARK, World


async def listen(world: World, actor: str, path: str, **headers: str) -> Any:
    """(0, what the greeting says) or (the code it was closed with, "")."""
    from channels.testing import WebsocketCommunicator

    from budget_site.asgi import application

    sent = {"Host": "localhost"} | world.headers[actor] | headers
    raw = [(k.lower().encode(), v.encode()) for k, v in sent.items()]
    socket = WebsocketCommunicator(application, world.path(path), headers=raw)
    await socket.connect(timeout=60)
    said = []
    while True:
        output = await socket.receive_output(timeout=60)
        if output["type"] == "websocket.close":
            return output["code"], ""
        said.append(output["text"])
        # One message of the snapshot, then the event and the compression missed.
        if len(said) == 3 or await socket.receive_nothing(timeout=0.05):
            await socket.disconnect()
            return 0, "".join(said)


@pytest.mark.parametrize("route", SOCKETS)
async def test_sockets(world: World, route: str) -> None:
    path, expected = SOCKETS[route]
    for actor in ACTORS:
        code, said = await listen(world, actor, path)

        assert (code, MARK in said) == expected[actor], f"{path} by {actor}"


async def test_a_cookie_opens_a_socket_from_the_sites_own_pages_only(
    world: World,
) -> None:
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "https://localhost",  # another scheme
        "http://localhost:8080",  # another program of this machine
        "//localhost",
        "",
    ):
        code, _ = await listen(world, "admin", "/ws/overview/", Origin=origin)

        assert code == NOT_ALLOWED, origin
    for origin in ("http://localhost:80", "HTTP://LOCALHOST"):
        code, _ = await listen(world, "admin", "/ws/overview/", Origin=origin)

        assert code == 0, origin


async def test_another_projects_name_narrows_to_nothing(world: World) -> None:
    for actor in ("stranger", "other_key"):
        code, said = await listen(world, actor, "/ws/overview/?project=search&after=0")

        assert code == 0 and MARK not in said
    assert set(KEYS) < set(ACTORS)
