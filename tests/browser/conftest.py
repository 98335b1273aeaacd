"""A real server on a free loopback port, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PASSWORD = "a long password"
FIRST_ROWS = f"""
import django; django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from tracker.ingest.api_keys import create_api_key, create_project
call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", "", "{PASSWORD}")
project, _ = create_project(slug="default", name="Default")
print(create_api_key(project=project, name="t")[1])
"""
# Before any script of the page: note what the content security policy refused.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(`${event.violatedDirective}: ${event.sourceFile}`));
"""


class Server:
    """uvicorn as `make run` starts it, over a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.env = os.environ | {
            "TOKEN_BUDGET_DATA": str(folder),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "PYTHONPATH": str(ROOT),
        }
        for name in ("TOKEN_BUDGET_TEST_DB", "DATABASE_URL", "REDIS_URL"):
            self.env.pop(name, None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = self.python("-c", FIRST_ROWS).split()[-1]
        self.process: subprocess.Popen[bytes] | None = None

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def start(self) -> None:
        options = ["--port", str(self.port), "--log-level", "error", "--lifespan", "on"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "budget_site.asgi:application", *options],
            cwd=ROOT,
            env=self.env,
        )
        for _ in range(200):
            try:
                httpx.get(f"{self.url}/login/")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError("the server did not start within 10 seconds")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(15)
            self.process = None

    def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.post(f"{self.url}/api/v1{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def report(self, session: str, used: int, **fields: Any) -> Any:
        tokens = {"system": 500, "history": used - 500}
        return self.post("/usage", {"session": session, "tokens": tokens, **fields})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("browser"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server that has heard of nothing yet, and may be stopped and started."""
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


# Not for the whole session: Playwright's loop runs in this thread while it is open,
# and Django then refuses every other test of this worker its database.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "the browser tests need Chromium: see the Makefile"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Visitor:
    """One person's window. Whatever the page complains of is kept in `complaints`."""

    def __init__(self, context: Any, server: Server) -> None:
        self.server = server
        self.complaints: list[str] = []
        context.add_init_script(WATCH)
        context.set_default_timeout(10_000)
        self.page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def log_in(self) -> None:
        self.page.goto(f"{self.server.url}/login/")
        self.page.fill("[name=username]", "admin")
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button.primary")
        self.page.wait_for_url(f"{self.server.url}/")

    def open(self, path: str) -> Any:
        self.page.goto(self.server.url + path)
        return self.page

    def open_live(self, path: str) -> Any:
        """Open, and wait until news arrive by themselves."""
        self.open(path)
        self.page.wait_for_selector("[data-live-status]:has-text('Live')")
        return self.page

    def refused(self) -> list[str]:
        return self.complaints + self.page.evaluate("window.violations")


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """`visit(server, width=390, color_scheme="dark")`: a person, logged in."""
    contexts = []

    def arrive(server: Server, *, width: int = 1440, **options: Any) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        visitor = Visitor(context, server)
        visitor.log_in()
        return visitor

    yield arrive
    for context in contexts:
        # An answer still under way through a test's route would fail the next test.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
