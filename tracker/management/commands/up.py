"""manage.py up: migrate, make the first administrator and key, serve."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from budget_site.data_folder import missing_transcripts
from budget_site.schema import is_migrated
from tracker.changes.access.first_start import FirstStart, begin
from tracker.changes.agent_import import agent_import
from tracker.management.first_words import first_words, kept_for_owner
from tracker.management.one_at_a_time import one_at_a_time
from tracker.management.second_server import told_of_another
from tracker.management.web_server import serve
from tracker.reading.tokenizer_check import TAG

if TYPE_CHECKING:  # what reads session files is not imported where none are
    from tracker.changes.agent_import import Progress
    from tracker.sources.transcripts.finding.homes import FoundFolder

STOP_SECONDS = 3.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


NO_AGENTS = (
    "No coding agent has left sessions here. docs/sources.md says where each keeps "
    "them; --transcripts FOLDER names another place."
)


class Command(BaseCommand):
    help = "Start Token Budget: database, first administrator and key, web server."
    # All others read the whole site for faults of its code, before it may answer.
    requires_system_checks = [TAG]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--transcripts",
            action="append",
            default=[],
            type=_folder,
            help="folder of session files to import and follow; may be repeated",
        )
        parser.add_argument(
            "--agents",
            action="store_true",
            help="import and follow the sessions of every coding agent of this person",
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            help="more than 1 needs DATABASE_URL (PostgreSQL) and REDIS_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        processes, folders = options["processes"], options["transcripts"]
        if missing := missing_transcripts(folders):
            raise CommandError(missing)
        found = self._agents() if options["agents"] else []
        if processes != 1:
            _refuse_without_services(processes, bool(folders or found))
        _refuse_taken_port(host, port)
        _collect_static()
        os.umask(0o077)  # database and logs hold conversations: for their owner alone
        # Else two of three servers that start at once make tables that are there, or
        # each makes an administrator.
        with one_at_a_time(self.stderr.write):
            if not is_migrated():
                call_command("migrate", verbosity=0, interactive=False)
            first = begin()
        if processes > 1:  # then this one only watches them
            connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
        with contextlib.ExitStack() as folder:
            if connection.vendor == "sqlite":
                told = told_of_another(Path(settings.DATA_DIR), self.stderr.write)
                folder.enter_context(told)
            self._run(host, port, processes, folders, found, first)
        self.stdout.write("Stopped. Everything acknowledged is stored.")

    def _run(
        self,
        host: str,
        port: int,
        processes: int,
        folders: list[Path],
        found: list[FoundFolder],
        first: FirstStart | None,
    ) -> None:
        """Import, and serve until Ctrl-C."""
        stop = threading.Event()
        importing: list[threading.Thread] = []
        if folders:
            from tracker.management.following import keep_importing

            importing.append(keep_importing(folders, stop=stop, say=self.stderr.write))
        may_ask = processes == 1 and _is_own(host)
        self._import_agents(found, stop, importing, is_offered=may_ask)
        try:
            serve(
                host,
                port,
                processes=processes,
                on_ready=lambda: self._say(
                    f"http://{in_address(host)}:{port}{settings.PATH_PREFIX}", first
                ),
            )
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            for thread in importing:
                thread.join(STOP_SECONDS)  # it notes how far it has read

    def _import_agents(
        self,
        found: list[FoundFolder],
        stop: threading.Event,
        importing: list[threading.Thread],
        *,
        is_offered: bool,
    ) -> None:
        """Import what was found; `is_offered`: the first page may do it by a button."""

        def start(folders: Sequence[Path], progress: Progress) -> None:
            from tracker.management.following import keep_importing

            say = self.stderr.write
            importing.append(
                keep_importing(folders, stop=stop, say=say, progress=progress)
            )

        agent_import.offer(start)
        agent_import.begin(found)
        if not is_offered:
            agent_import.withdraw()

    def _agents(self) -> list[FoundFolder]:
        """The folders of the agents that were found here, each of them named."""
        from tracker.sources.transcripts.finding.homes import session_folders

        found = list(session_folders())
        self.stdout.write("Coding agents found here:" if found else NO_AGENTS)
        for folder in found:
            self.stdout.write(f"  {folder}")
        self.stdout.flush()
        return found

    def _say(self, address: str, first: FirstStart | None) -> None:
        if first is None:
            self.stdout.write(
                f"\nToken Budget is at {address}  (Ctrl-C ends it)\n"
                f"Locked out? Run: manage.py login_link --address {address}\n"
            )
            self.stdout.flush()
            return
        said = first_words(address, first)
        if self.stdout.isatty():
            self.stdout.write(said)
        else:  # a journal or a container's log: many may read it, and for long
            path = kept_for_owner(said)
            self.stdout.write(
                f"\nToken Budget is at {address}  (Ctrl-C ends it)\n"
                f"The first login link, password and API key are in {path}, which its "
                "owner alone may read. Delete it when you have read it.\n"
            )
        self.stdout.flush()  # a pipe or a journal would get it when the server ends


def _is_own(host: str) -> bool:
    """Whether only this machine's person reaches the server: behind a proxy, others
    would get to see the sessions of who runs it.
    """
    return host in LOOPBACK and not settings.PROXIES


def in_address(host: str) -> str:
    """`::1` stands in brackets before a port."""
    return f"[{host}]" if ":" in host else host


def _folder(text: str) -> Path:
    """make passes `TRANSCRIPTS=~/…` on as it is: no shell has replaced the `~`."""
    return Path(text).expanduser()


def _refuse_without_services(processes: int, imports: bool) -> None:
    if processes < 1:
        raise CommandError("--processes must be 1 or more.")
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        raise CommandError(
            "Several processes need PostgreSQL and Valkey or Redis: set DATABASE_URL "
            "and REDIS_URL (docs/operations.md). `make run-cluster` brings both."
        )
    if imports:
        raise CommandError(
            "Each of several processes would import the transcripts. Import them "
            "beside: manage.py import_transcripts FOLDER --watch"
        )


def _refuse_taken_port(host: str, port: int) -> None:
    """Called before anything is made.

    Else the first start makes its secrets, the server fails, and the next start does
    not show them again.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {in_address(host)}:{port}: {error.strerror}. "
                "Choose another port: make run PORT=8001 (or up --port 8001)."
            ) from error


def _collect_static() -> None:
    """Collect when an asset is newer than the last collection: it takes seconds."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    collected = manifest.stat().st_mtime if manifest.exists() else 0.0
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    newest = max(
        (f.stat().st_mtime for d in folders for f in d.rglob("*") if f.is_file()),
        default=0.0,
    )
    if newest >= collected:
        call_command("collectstatic", verbosity=0, interactive=False)
