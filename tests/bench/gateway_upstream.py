"""A provider that answers a call at once with a stream, as cheaply as Python can.

`python -m tests.bench.gateway_upstream PORT`. A body that begins with `hold`
is answered with its first event alone until the connection ends.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Any

import uvloop

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_%d",'
    b'"model":"claude-sonnet-4-5","usage":{"input_tokens":5,'
    b'"cache_read_input_tokens":1000,"output_tokens":1}}}\n\n'
)
DELTA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"some words here "}}\n\n'
)
END = (
    b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":50}}'
    b'\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)


ids = itertools.count(1)


class Provider(asyncio.Protocol):
    def __init__(self) -> None:
        self.waiting = bytearray()
        self.needed = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        if not self.needed:
            end = self.waiting.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.waiting[:end]).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            self.needed = end + 4 + int(length or b"0")
            self.start = end + 4
        if len(self.waiting) >= self.needed:
            is_held = self.waiting[self.start : self.start + 40].find(b"hold") >= 0
            del self.waiting[: self.needed]
            self.needed = 0
            self.answer(is_held)

    def answer(self, is_held: bool) -> None:
        # The same id would be the same answer again, which is looked up and not stored.
        self.transport.write(HEAD + chunk(START % next(ids)))
        if not is_held:
            parts = b"".join(chunk(DELTA) for _ in range(60))
            self.transport.write(parts + chunk(END) + b"0\r\n\r\n")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", port, backlog=2_048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
