"""A real server on a free loopback port, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.site_process import SiteProcess

PASSWORD = "a long password"
ADMINISTRATOR = f"""
import django; django.setup()
from django.contrib.auth.models import User
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
admin = User.objects.create_superuser("admin", "", "{PASSWORD}")
for _ in range(60):
    login = SessionStore()
    login[auth.SESSION_KEY] = str(admin.pk)
    login[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    login[auth.HASH_SESSION_KEY] = admin.get_session_auth_hash()
    login.create()
    print(login.session_key)
"""
# Before any script of the page: note what the content security policy refused.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(`${event.violatedDirective}: ${event.sourceFile}`));
"""


class Server(SiteProcess):
    """What the browser visits and programs report to, with its administrator."""

    def __init__(
        self, folder: Path, *, like: Path | None = None, **environment: str
    ) -> None:
        # As in tests/settings.py: a busy machine takes longer than 30 s for 10 MB.
        patient = {"TOKEN_BUDGET_COMPRESSION_SECONDS": "120"}
        super().__init__(folder, like=like, environment=patient | environment)
        logins = folder / "logins"
        if like is None:
            logins.write_text(self.python("-c", ADMINISTRATOR))
        self.logins = logins.read_text().split()

    def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        address = f"{self.address}/api/v1{path}"
        answer = httpx.post(address, json=body, headers=headers, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def report(self, session: str, used: int, **fields: Any) -> Any:
        tokens = {"system": 500, "history": used - 500}
        return self.post("/usage", {"session": session, "tokens": tokens, **fields})


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was never started."""
    folder = tmp_path_factory.mktemp("prepared")
    Server(folder)
    return folder


@pytest.fixture(scope="session")
def server(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("browser"), like=prepared)
    running.start()
    yield running
    running.end()


@pytest.fixture
def fresh_server(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that has heard of nothing yet, and may be stopped and started."""
    running = Server(tmp_path, like=prepared)
    running.start()
    yield running
    running.end()


# Not for the whole session: Playwright's loop runs in this thread while it is open,
# and Django then refuses every other test of this worker its database. Not for each
# file: a start of both costs 1.5 s of processor.
@pytest.fixture(scope="package")
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
        context.set_default_timeout(60_000)
        self.page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def arrive(self) -> None:
        """Be logged in already: a second less than the form, which hashes slowly."""
        if not self.server.logins:
            return self.log_in()
        cookie = {"name": "sessionid", "value": self.server.logins.pop()}
        self.page.context.add_cookies([{**cookie, "url": self.server.address}])

    def log_in(self) -> None:
        self.page.goto(f"{self.server.address}/login/")
        self.page.fill("[name=username]", "admin")
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button.primary")
        self.page.wait_for_url(f"{self.server.address}/")

    def open(self, path: str) -> Any:
        self.page.goto(self.server.address + path)
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
        visitor.arrive()
        return visitor

    yield arrive
    for context in contexts:
        # An answer still under way through a test's route would fail the next test.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
