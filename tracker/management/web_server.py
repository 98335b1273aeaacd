"""Serves the site with uvicorn, in this process or in several."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.supervisors import Multiprocess

from budget_site.edge.file_limit import raise_file_limit
from budget_site.edge.guarded_http import GuardedHttp
from budget_site.edge.guarded_socket import GuardedSocket

GRACE_SECONDS = 6  # time to write what waits and to tell sockets to come back
# A worker that does not answer the supervisor for so long is killed and replaced.
HUNG_SECONDS = 30
# A worker that has not started by then is not waited for: it may still come.
START_SECONDS = 300


def serve(
    host: str, port: int, *, processes: int, on_ready: Callable[[], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM. Call `on_ready` once all processes listen.

    Several processes share one listening socket. Each runs the site's lifespan, so
    each has a writer and a hub of its own. One that dies is replaced.
    """
    raise_file_limit()
    config = uvicorn.Config(
        "budget_site.asgi:application",
        loop="budget_site.edge.front_door:GuardedLoop",
        http=GuardedHttp,
        ws=GuardedSocket,
        proxy_headers=False,  # asgi.py believes the configured ones
        host=host,
        port=port,
        workers=processes,
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=HUNG_SECONDS,
        ws_max_size=64 * 1024,
        # Off: each socket would compress the same frame again, 1 ms and 300 KiB each.
        ws_per_message_deflate=False,
        server_header=False,
    )
    if processes == 1:
        _Server(config, on_ready).run()
    else:
        _Supervisor(config, on_ready).run()


class _Server(uvicorn.Server):
    """One process, which says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            await asyncio.to_thread(self._on_ready)


class _Supervisor(Multiprocess):
    """The parent of several processes, which says when all of them listen."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config, sockets=[config.bind_socket()])
        self._on_ready = on_ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(
            process.wait_until_ready(START_SECONDS, self.should_exit)
            for process in self.processes
        ):
            self._on_ready()
