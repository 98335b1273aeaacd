"""manage.py run_cluster: several processes, PostgreSQL and Valkey on this machine."""

from __future__ import annotations

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


class Command(BaseCommand):
    help = (
        "Example of a site in several processes: `up --processes 3` with PostgreSQL "
        "and Valkey from wheels (docs/operations.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.DATA_DIR) / "cluster"
        if os.geteuid() == 0:  # PostgreSQL runs as another user, and passes through
            folder.parent.chmod(0o711)
        # SIGTERM must leave the `with`, also while PostgreSQL starts, or PostgreSQL
        # and Valkey go on without this process.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            with local_services(folder) as found:
                self.stdout.write(
                    f"DATABASE_URL={found.database_url}\nREDIS_URL={found.redis_url}"
                )
                self.stdout.flush()
                _run_up(
                    os.environ
                    | {
                        "DATABASE_URL": found.database_url,
                        "REDIS_URL": found.redis_url,
                        "TOKEN_BUDGET_DATA": str(folder),
                    },
                    [
                        f"--{key}={options[key]}"
                        for key in ("host", "port", "processes")
                    ],
                )
        except ImportError as error:
            raise CommandError(
                f"{error.name} is missing: pip install '.[dev]'"
            ) from error


def _run_up(environment: dict[str, str], arguments: list[str]) -> None:
    """A process of its own: the settings of this one name another database."""
    command = [sys.executable, "manage.py", "up", *arguments]
    up = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        code = up.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        up.terminate()  # Ctrl-C has reached it too; a second signal changes nothing
        up.wait()
    sys.exit(code)
