"""Shared fixtures. Imports no models, so tests/domain runs without Django."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from budget_site import memory
from tests.site_process import migrated, shared

# The same cases in every run, and no limit of time: on a busy machine a property failed
# because its data took four seconds to draw. HYPOTHESIS_PROFILE=default draws others.
settings.register_profile(
    "same-cases",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same-cases"))

# Nothing here leaves this machine. Each HTTP client that a test makes, and each process
# that it starts, read all of Mozilla's certificates: 25 ms of processor.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("one.pem"))

# Before there are workers, so that all of them have the same.
shared()

# Each full search for reference cycles through the collected tests took 0.3 s.
memory.search_less()

# Their tests wait longest. Begun last, they kept one worker when the others had ended.
LONGEST = ("browser", "security", "faults", "services", "soak", "migrations")
TESTS = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONGEST)


def pytest_collection_finish() -> None:
    memory.settle()


@pytest.fixture(autouse=True)
def outside_of_a_request() -> Iterator[None]:
    """Tests share one thread: the last request of one is not the next one's."""
    yield
    context = sys.modules.get("tracker.changes.request_context")
    if context is not None:
        context.leave()


@pytest.fixture(autouse=True)
def no_sums_of_another_database() -> Iterator[None]:
    """A test's database is rolled back: the next one's may look like it."""
    yield
    for name, shelf in (("remembered", "sums"), ("resting", "resting")):
        module = sys.modules.get(f"tracker.reading.spend.{name}")
        if module is not None:
            getattr(module, shelf).forget_all()


@pytest.fixture(autouse=True)
def no_fragment_of_another_test() -> Iterator[None]:
    yield
    shared = sys.modules.get("tracker.pages.frame.shared_fragments")
    if shared is not None:
        shared.shared_fragments.clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The worker's database begins as a copy; `migrate` finds nothing to do."""
    from django.conf import settings

    shutil.copy(migrated(), settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Of the copy. The run's end removes it with its folder."""
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    from tests.emptied_database import empty_by_copy

    empty_by_copy()


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Each test's database begins anew, so what processes remember must too."""
    from tracker.api.intake.sources import threads, trace_book, twins
    from tracker.api.keys.keyring import keyring
    from tracker.ingest.compressing import cuts
    from tracker.ingest.door.process import stop_writer
    from tracker.ingest.door.source_activity import activity
    from tracker.ingest.judging.redacting import present_rules
    from tracker.reading.policies.policy_shelf import forget_policies

    stop_writer()
    keyring.__init__()
    forget_policies()
    present_rules.forget()
    twins.forget_all()
    trace_book.forget_all()
    threads.forget_all()
    cuts.memory.clear()
    yield
    stop_writer()
    activity.write()


@pytest.fixture
def store(transactional_db: None, fresh_caches: None) -> None:
    """A database that the writer's own thread sees, committed for real."""


@pytest.fixture
def project(store: None) -> Any:
    from tracker.models import Project

    return Project.objects.create(slug="default", name="Default")


@pytest.fixture
def key(project: Any) -> str:
    """An API key of `project` with every scope."""
    from tracker.changes.access.api_keys import create_api_key

    return create_api_key(project=project, name="test")[1]


@pytest.fixture
def stranger_key(store: None) -> str:
    """An API key of somebody else's project."""
    from tracker.changes.access.api_keys import create_api_key
    from tracker.models import Project

    other = Project.objects.create(slug="other", name="Other")
    return create_api_key(project=other, name="stranger")[1]


class Api:
    """Calls the real ASGI application, with a key in each request."""

    def __init__(self, client: Any, key: str) -> None:
        self.client = client
        self.key = key

    async def request(
        self, method: str, path: str, *, key: str | None = None, **options: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        headers |= options.pop("headers", {})
        return await self.client.request(
            method, f"/api/v1{path}", headers=headers, **options
        )

    async def get(self, path: str, **options: Any) -> Any:
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """`body` as JSON, or bytes as they are."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        options.setdefault("headers", {})
        options["headers"] = {"Content-Type": "application/json"} | options["headers"]
        return await self.request("POST", path, content=body, **options)


@pytest.fixture
async def api(key: str) -> AsyncIterator[Api]:
    import httpx

    from budget_site.asgi import application

    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost"
    ) as client:
        yield Api(client, key)


@pytest.fixture
def in_db() -> Callable[..., Any]:
    """`await in_db(function)`: run a query from an async test."""
    from channels.db import database_sync_to_async

    async def run(function: Callable[[], Any]) -> Any:
        return await database_sync_to_async(function)()

    return run
