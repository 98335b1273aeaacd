"""manage.py up: migrate, make what a first start needs, serve."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from tracker.changes.first_start import FirstStart, begin
from tracker.management.transcripts import keep_importing

GRACE_SECONDS = 10  # what waits is written, sockets are told to come back


class Command(BaseCommand):
    help = "Start Token Budget: database, first administrator and key, web server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--transcripts",
            action="append",
            default=[],
            type=_folder,
            help="folder of Claude Code transcripts to import and follow",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        _refuse_taken_port(host, port)
        _collect_static()
        os.umask(0o077)  # database and logs hold what people said: their owner's alone
        call_command("migrate", verbosity=0, interactive=False)
        first = begin()
        server = _Server(
            uvicorn.Config(
                "budget_site.asgi:application",
                host=host,
                port=port,
                lifespan="on",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ws_max_size=64 * 1024,
                # Each socket would compress the same frame anew: 1 ms and 300 KiB.
                ws_per_message_deflate=False,
                server_header=False,
            ),
            on_ready=lambda: self._say(f"http://{host}:{port}", first),
        )
        stop = threading.Event()
        if folders := options["transcripts"]:
            for folder in folders:
                if not folder.exists():
                    self.stderr.write(f"There is no {folder} yet: it is waited for.")
            keep_importing(folders, stop=stop, say=self.stderr.write)
        try:
            server.run()
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
        self.stdout.write("Stopped. Everything acknowledged is stored.")

    def _say(self, address: str, first: FirstStart | None) -> None:
        if first is None:
            self.stdout.write(
                f"\nToken Budget is at {address}  (Ctrl-C ends it)\n"
                f"Locked out? Run: manage.py login_link --address {address}\n"
            )
            self.stdout.flush()
            return
        link = address + reverse("login-link", args=[first.login_token])
        self.stdout.write(
            f"\nToken Budget is ready.  (Ctrl-C ends it)\n\n"
            f"  Open        {link}\n"
            f"              (logs you in once; later: {first.username} / "
            f"{first.password} at {address})\n"
            f"  API key     {first.api_key}\n"
            f"  Data        {settings.DATA_DIR}\n\n"
            f"Report a first session:\n\n"
            f"curl {address}/api/v1/usage \\\n"
            f"  -H 'Authorization: Bearer {first.api_key}' \\\n"
            f"  -H 'Content-Type: application/json' \\\n"
            f"""  -d '{{"session": "hello", "tokens": {{"history": 163000}}}}'\n"""
        )
        self.stdout.flush()  # into a journal or a pipe it would wait for the end


def _folder(text: str) -> Path:
    """Not every shell puts the home folder into `TRANSCRIPTS=~/…`."""
    return Path(text).expanduser()


class _Server(uvicorn.Server):
    """uvicorn's server, that says when it listens."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Any) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            await asyncio.to_thread(self._on_ready)


def _refuse_taken_port(host: str, port: int) -> None:
    """Before anything is made: a secret shown by a server that fails is lost."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. "
                "Choose another port: make run PORT=8001 (or up --port 8001)."
            ) from error


def _collect_static() -> None:
    """Only when an asset is newer than the last collection: it takes seconds."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    collected = manifest.stat().st_mtime if manifest.exists() else 0.0
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    newest = max(
        (f.stat().st_mtime for d in folders for f in d.rglob("*") if f.is_file()),
        default=0.0,
    )
    if newest >= collected:
        call_command("collectstatic", verbosity=0, interactive=False)
