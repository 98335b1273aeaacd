"""Fixtures of the endpoints' tests: reports to begin with, keys that open nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

LONG_TALK = [
    {
        "role": "user" if n % 2 == 0 else "assistant",
        "content": f"Message {n}. The file /srv/app/part_{n}.py fails with error "
        f"E{1000 + n}; we decided to keep port {8000 + n}. " + "More words. " * 40,
    }
    for n in range(30)
]
SHORT_TALK = LONG_TALK[:4]


@pytest.fixture
def report(api: Any) -> Callable[..., Awaitable[dict[str, Any]]]:
    """`await report("key", 163_000)`: store a usage report, answer the answer."""

    async def send(session: str, used: int, **more: Any) -> dict[str, Any]:
        body = {"session": session, "tokens": {"history": used}} | more
        response = await api.post("/usage", body)
        assert response.status_code == 201, response.text
        return dict(response.json())

    return send


@pytest.fixture
def key_with(in_db: Any, project: Any) -> Callable[..., Awaitable[str]]:
    """`await key_with("read")`: a key of the project with these scopes alone."""
    from tracker.changes.access.api_keys import create_api_key

    async def make(*scopes: str, **options: Any) -> str:
        return str(
            await in_db(
                lambda: create_api_key(
                    project=project, name="narrow", scopes=scopes, **options
                )[1]
            )
        )

    return make


@pytest.fixture
def refuses_bad_keys(api: Any, key_with: Any) -> Callable[..., Awaitable[None]]:
    """Asserts 401 without a good key, and 403 with a key that lacks `scope`."""

    async def check(method: str, path: str, *, scope: str, body: Any = None) -> None:
        content = {} if body is None else {"json": body}
        for wrong in ("", "tb_unknown"):
            response = await api.request(method, path, key=wrong, **content)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        others = {"ingest", "read", "optimize"} - {scope}
        narrow = await key_with(*sorted(others))
        response = await api.request(method, path, key=narrow, **content)
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "scope"

    return check
