"""Who is served at once, who waits, and who is closed. Real sockets of this machine."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl as ssl_module
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from budget_site.edge import front_door
from budget_site.edge.connections import Refusals
from budget_site.edge.front_door import (
    AT_ONCE,
    WAITING_EACH,
    WAITING_KNOWN,
    FrontDoor,
    GuardedLoop,
)
from budget_site.edge.proxies import Proxies
from budget_site.edge.strangers import Strangers


class Told(Strangers):
    """Says what the test wants."""

    seconds = 0.0
    is_known = False

    def wait(self, who: str) -> float:
        return self.seconds

    def knows(self, who: str) -> bool:
        return self.is_known


@pytest.fixture
def guard() -> Told:
    return Told()


@pytest.fixture
def served() -> list[socket.socket]:
    return []


@pytest.fixture
async def connect(guard: Told, served: list[socket.socket]) -> Any:
    listening = socket.create_server(("127.0.0.1", 0), backlog=500)
    address = listening.getsockname()
    door = FrontDoor(asyncio.get_running_loop(), [listening], served.append, guard)
    made: list[socket.socket] = []

    def many(count: int) -> list[socket.socket]:
        made.extend(socket.create_connection(address, 60) for _ in range(count))
        return made[-count:]

    yield many
    door.close()
    await door.wait_closed()
    for one in (*made, *served):
        one.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.001)  # other tasks of this loop make it true


def is_closed(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_who_wasted_none_is_served_at_once(
    connect: Any, served: list[socket.socket]
) -> None:
    connect(AT_ONCE * 3)

    await until(lambda: len(served) == AT_ONCE * 3)


@pytest.mark.parametrize(
    ("is_known", "most"), [(False, WAITING_EACH), (True, WAITING_KNOWN)]
)
async def test_the_others_wait_in_a_line_and_no_more_than_its_length(
    connect: Any,
    guard: Told,
    served: list[socket.socket],
    is_known: bool,
    most: int,
) -> None:
    guard.seconds, guard.is_known = 0.05, is_known
    crowd = connect(most + 40)

    await until(lambda: sum(map(is_closed, crowd)) == 40)
    assert not served
    guard.seconds = 0.0

    await until(lambda: len(served) == most)


async def test_who_has_left_takes_no_turn(
    connect: Any, guard: Told, served: list[socket.socket]
) -> None:
    guard.seconds = 0.05
    first, second = connect(2)
    first.close()
    await asyncio.sleep(0)
    guard.seconds = 0.0
    third = connect(1)

    await until(lambda: len(served) >= 2)

    assert not is_closed(second) and not is_closed(third[0])


async def test_a_configured_proxy_never_waits(
    connect: Any, guard: Told, served: list[socket.socket], settings: Any
) -> None:
    settings.PROXIES = Proxies("", ["127.0.0.0/8"])
    guard.seconds = 60.0

    connect(3)

    await until(lambda: len(served) == 3)


async def test_out_of_files_it_says_so_and_rests(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        """A listening socket where the process may open no more files."""

        def setblocking(self, flag: bool) -> None: ...
        def close(self) -> None: ...
        def accept(self) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

    reading: list[Any] = []
    loop: Any = SimpleNamespace(
        add_reader=lambda *given: reading.append(given),
        remove_reader=lambda one: reading.clear(),
        call_later=asyncio.get_running_loop().call_later,
    )
    monkeypatch.setattr(front_door, "refusals", Refusals())
    door = FrontDoor(loop, [cast("socket.socket", Full())], lambda one: None)
    (_, accept, listening), *_ = reading

    accept(listening)

    assert not reading, "others of this process go on meanwhile"
    assert "Too many open files" in caplog.text
    door.close()


def test_a_port_for_tls_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def connected(_loop: Any, _factory: Any, one: Any, *, ssl: Any) -> None:
        asked.append(ssl)
        one.close()

    monkeypatch.setattr(GuardedLoop, "connect_accepted_socket", connected)
    context = ssl_module.SSLContext(ssl_module.PROTOCOL_TLS_SERVER)

    async def visit() -> None:
        loop = asyncio.get_running_loop()
        options: Any = {"host": "127.0.0.1", "port": 0, "ssl": context}
        server: Any = await loop.create_server(Echo, **options)
        with socket.create_connection(server.sockets[0].getsockname(), 60):
            await until(lambda: bool(asked))
        server.close()

    with asyncio.Runner(loop_factory=GuardedLoop) as runner:
        runner.run(visit())

    assert asked == [context]


class Echo(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@pytest.fixture(params=["address", "socket"])
def bound(request: Any) -> Iterator[dict[str, Any]]:
    if request.param == "address":
        yield {"host": "127.0.0.1", "port": 0}
        return
    with socket.create_server(("127.0.0.1", 0)) as given:
        yield {"sock": given}


def test_the_servers_loop_has_the_door_before_its_protocols(
    bound: dict[str, Any],
) -> None:
    async def talk() -> tuple[bytes, int]:
        loop = asyncio.get_running_loop()
        server: Any = await loop.create_server(Echo, **bound)
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"hello")
        said = await reader.readexactly(5)
        server.close()
        await server.wait_closed()
        writer.close()
        return said, port

    with asyncio.Runner(loop_factory=GuardedLoop) as runner:
        said, _ = runner.run(talk())

    assert said == b"hello"
