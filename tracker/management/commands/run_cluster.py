"""manage.py run_cluster: several processes, PostgreSQL and Valkey on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tracker.management.local_services import local_services
from tracker.management.server_fleet import ServerFleet, free_ports
from tracker.management.tcp_proxy import TcpProxy

FIRST_START = (
    "import django; django.setup(); "
    "from tracker.changes.first_start import begin; f = begin(); "
    "print(f'{f.username} / {f.password}, API key {f.api_key}' if f else '')"
)


class Command(BaseCommand):
    help = (
        "Example of a site on several machines, on this one: server processes behind "
        "a proxy, PostgreSQL and Valkey from wheels (docs/operations.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.DATA_DIR) / "cluster"
        # While this prepares, too, an end must stop PostgreSQL and Valkey.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            with local_services(folder) as found:
                environment = os.environ | {
                    "DATABASE_URL": found.database_url,
                    "REDIS_URL": found.redis_url,
                    "TOKEN_BUDGET_DATA": str(folder),
                    "DJANGO_SETTINGS_MODULE": "budget_site.settings",
                }
                login = _prepare(environment)
                asyncio.run(self._serve(environment, login, options))
        except ImportError as error:
            raise CommandError(
                f"{error.name} is missing: pip install '.[dev]'"
            ) from error
        self.stdout.write("Stopped. Everything acknowledged is stored.")

    async def _serve(
        self, environment: dict[str, str], login: str, options: dict[str, Any]
    ) -> None:
        ports = free_ports(options["processes"])
        fleet = asyncio.create_task(ServerFleet(ports, environment).run())
        host, port = options["host"], options["port"]
        server = await TcpProxy(ports).serve(host, port)
        self.stdout.write(
            f"\nhttp://{host}:{port} forwards to {', '.join(map(str, ports))}  "
            f"(Ctrl-C ends it)\n  {login}\n"
            f"  DATABASE_URL {environment['DATABASE_URL']}\n"
            f"  REDIS_URL    {environment['REDIS_URL']}\n"
        )
        self.stdout.flush()
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await stop.wait()
        server.close()
        fleet.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await fleet


def _prepare(environment: dict[str, str]) -> str:
    """Migrate, and make what a first start needs; answers the login, once."""
    base = Path(settings.BASE_DIR)
    for arguments in (
        ["manage.py", "migrate", "--verbosity", "0"],
        ["manage.py", "collectstatic", "--verbosity", "0", "--no-input"],
    ):
        subprocess.run(
            [sys.executable, *arguments], cwd=base, env=environment, check=True
        )
    done = subprocess.run(
        [sys.executable, "-c", FIRST_START],
        cwd=base, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()
