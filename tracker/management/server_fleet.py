"""Several servers of this site as processes, each started anew when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Mapping, Sequence

RESTART_SECONDS = 1.0
GRACE_SECONDS = 10


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at now."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class ServerFleet:
    """`processes` holds what runs now, by port."""

    def __init__(self, ports: Sequence[int], environment: Mapping[str, str]) -> None:
        self._ports = ports
        self._environment = dict(environment)
        self.processes: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Until cancelled; then each is asked to end, and waited for."""
        try:
            async with asyncio.TaskGroup() as group:
                for port in self._ports:
                    group.create_task(self._keep_running(port))
        finally:
            for process in self.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            for process in self.processes.values():
                try:
                    async with asyncio.timeout(GRACE_SECONDS + 2):
                        await process.wait()
                except TimeoutError:
                    process.kill()

    async def _keep_running(self, port: int) -> None:
        while True:
            self.processes[port] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "uvicorn", "budget_site.asgi:application",
                "--host", "127.0.0.1", "--port", str(port), "--lifespan", "on",
                "--log-level", "warning", "--no-access-log", "--no-server-header",
                "--ws-max-size", "65536", "--ws-per-message-deflate", "false",
                "--timeout-graceful-shutdown", str(GRACE_SECONDS),
                env=self._environment,
            )  # fmt: skip
            await self.processes[port].wait()
            await asyncio.sleep(RESTART_SECONDS)
