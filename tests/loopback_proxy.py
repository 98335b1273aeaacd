"""A reverse proxy on loopback: silences websockets, serves a site below a path."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class LoopbackProxy:
    """Passes everything to `upstream_port`. Use `running()`.

    With `prefix` ("/budget") it serves the site below that path as nginx does with
    `proxy_pass http://upstream;`: the path goes on as it came. What was asked outside
    of it is answered 404 and kept in `strays`: each is a link that forgot the prefix.
    """

    def __init__(self, upstream_port: int, *, prefix: str = "") -> None:
        self.strays: list[str] = []
        self.logins: list[str] = []  # none ready: visitors use the form
        self._upstream_port = upstream_port
        self._prefix = prefix
        self._open: set[object] = set()
        self._silenced: set[object] = set()
        self._loop = asyncio.new_event_loop()
        self._port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}{self._prefix}"

    @contextlib.contextmanager
    def running(self) -> Iterator[LoopbackProxy]:
        is_ready = threading.Event()
        stop = asyncio.Event()
        serving = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(is_ready, stop),)
        )
        serving.start()
        assert is_ready.wait(60)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            serving.join(10)
            self._loop.close()

    def silence(self) -> int:
        """From now on nothing passes the websockets that are open, in either direction,
        and neither side is told, as after a laptop's sleep. New ones work. How many.
        """
        self._silenced |= self._open
        return len(self._open)

    async def _serve(self, is_ready: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        is_ready.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer)
        finally:
            await _closed(writer)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        if not path.startswith(f"{self._prefix}/"):
            self.strays.append(path)
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        is_socket = b"upgrade: websocket" in head.lower()
        if not is_socket:  # one request per connection: only its head was looked at
            head = head.replace(b"Connection: keep-alive", b"Connection: close")
        up_reader, up_writer = await asyncio.open_connection(
            "127.0.0.1", self._upstream_port
        )
        up_writer.write(head)
        token = object()
        if is_socket:
            self._open.add(token)
        try:
            await asyncio.gather(
                self._pipe(reader, up_writer, token),
                self._pipe(up_reader, writer, token),
            )
        finally:
            self._open.discard(token)
            await _closed(up_writer)

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: object
    ) -> None:
        while data := await reader.read(65536):
            if token not in self._silenced:
                writer.write(data)
                await writer.drain()
        if token in self._silenced:
            await asyncio.Event().wait()  # the other side is not told of the end
        writer.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
