"""The product in a process of its own, over a data folder of its own.

The process is forked from one that has loaded the product (tests/loaded), but for
`start_guarded` and another version.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.loaded import python as loaded

START_SECONDS = 600  # 90 were too few on two cores with a load of 50
ROOT = Path(__file__).resolve().parents[1]
# One process: each would load the product anew, for 0.6 s of processor.
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("api_key", "create", "first")
"""
PREPARE_SHARED = """
import os, shutil
import django; django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
connection.close()
shutil.copy(connection.settings_dict["NAME"], os.environ["MIGRATED"])
call_command("api_key", "create", "first")
"""


class SiteProcess:
    """`database_url` empty: SQLite in `folder`. The log goes to folder/server.log.

    `like` is the folder of another one that was never started. It is copied: that is
    4 s of processor quicker than tables of one's own. `root` is where the product lies:
    another version of it, too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str = "",
        redis_url: str = "",
        like: Path | None = None,
        environment: Mapping[str, str] | None = None,
        root: Path = ROOT,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.log = folder / "server.log"
        self.database_url = database_url
        self._root = root
        self._process: subprocess.Popen[bytes] | loaded.Forked | None = None
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "PYTHONPATH": str(root),
            "TOKEN_BUDGET_DATA": str(folder / "data"),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
            "TOKEN_BUDGET_DB_CONNECTIONS": "6",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            **(environment or {}),
        }
        key = folder / "api.key"
        if key.exists():  # an earlier run in this folder has made it
            self.manage("migrate", "--verbosity", "0")
        elif database_url:
            (folder / "data").mkdir()
            key.write_text(self.python("-c", PREPARE).strip())
        else:
            shutil.copytree(like or prepared(), folder, dirs_exist_ok=True)
        self.key = key.read_text()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "db.sqlite3"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def python(self, *arguments: str) -> str:
        """What it printed. Raises AssertionError with it when it fails."""
        if self._root == ROOT:
            done = loaded.run(arguments, environment=self._environment)
        else:
            done = subprocess.run(
                [sys.executable, *arguments],
                cwd=self._root, env=self._environment, capture_output=True, text=True,
            )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def start(self) -> None:
        arguments = (
            *("-m", "uvicorn", "budget_site.asgi:application"),
            *("--port", str(self.port), "--log-level", "warning", "--lifespan", "on"),
        )
        if self._root != ROOT:
            return self._start(*arguments)
        with open(self.log, "ab") as log:
            self._process = loaded.Forked(
                arguments, environment=self._environment, stdout=log, stderr=log
            )
        self._wait_until_ready()

    def start_guarded(self) -> None:
        """By the command line, with its limits on callers without a key."""
        self._start("manage.py", "up", "--port", str(self.port))

    def _start(self, *arguments: str) -> None:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self._root, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(timeout=60) as http:
            while time.monotonic() < deadline:
                try:
                    if http.get(f"{self.address}/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    time.sleep(0.05)
        raise AssertionError(
            f"the server did not start: {self.log.read_text()[-2000:]}"
        )

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None


@functools.cache
def shared() -> Path:
    """A folder of this run of tests, of all its workers; removed at its end."""
    given = os.environ.get("TESTS_SHARED")
    if given is None:
        given = os.environ["TESTS_SHARED"] = tempfile.mkdtemp(prefix="tb-shared-")
        atexit.register(shutil.rmtree, given, ignore_errors=True)
    return Path(given)


def prepared() -> Path:
    """A folder with a migrated database and its first key, made once per run."""
    return _prepared() / "site"


def migrated() -> Path:
    """A migrated SQLite database without a key, made once per run."""
    return _prepared() / "migrated.sqlite3"


@functools.cache
def _prepared() -> Path:
    """Migrating takes 3 s of processor: one worker does it, the others wait."""
    folder = shared()
    site, key = folder / "site", folder / "site" / "api.key"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not key.exists():
            (site / "data").mkdir(parents=True, exist_ok=True)
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "budget_site.settings",
                "PYTHONPATH": str(ROOT),
                "TOKEN_BUDGET_DATA": str(site / "data"),
                "DATABASE_URL": "",
                "REDIS_URL": "",
                "MIGRATED": str(folder / "migrated.sqlite3"),
            }
            made = loaded.run(["-c", PREPARE_SHARED], environment=environment)
            assert made.returncode == 0, made.stderr
            key.write_text(made.stdout.strip())
    return folder
