"""Bodies that are too large, too many, or end early: refused before they cost."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.intake.request_bodies import GOOD, PATHS, USAGE, stored


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("is_announced", [True, False])
async def test_too_large_a_body_is_413_and_not_held(
    api: Any, in_db: Any, settings: Any, path: str, is_announced: bool
) -> None:
    settings.USAGE_BODY_BYTES = settings.OPTIMIZE_BODY_BYTES = 2 * 1024 * 1024
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 1024 * 1024

    headers = {"Content-Type": "application/json"}
    if is_announced:
        headers["Content-Length"] = str(64 * 1024 * 1024)
    response = await api.request("POST", path, content=endless(), headers=headers)

    assert response.status_code == 413, response.text
    assert "2 MiB" in response.json()["error"]["message"]
    assert sent <= (1 if is_announced else 4)
    assert await stored(in_db) == 0


async def test_one_byte_more_than_a_body_may_have_is_413(
    api: Any, settings: Any
) -> None:
    settings.USAGE_BODY_BYTES = 1024 * 1024

    full = await api.post(USAGE, b" " * 1024 * 1024)
    over = await api.post(USAGE, b" " * (1024 * 1024 + 1))

    assert full.status_code == 400  # read, and found to be no JSON
    assert over.status_code == 413
    assert "1 MiB" in over.json()["error"]["message"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_ends_early_stores_nothing(
    api: Any, in_db: Any, path: str
) -> None:
    from budget_site.asgi import application

    events = [
        {"type": "http.request", "body": GOOD[path][:10], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0) if events else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    target = f"/api/v1{path}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": target,
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {api.key}".encode()),
            (b"content-type", b"application/json"),
        ],
    }
    async with asyncio.timeout(60):
        await application(scope, receive, send)

    assert not any(m.get("status", 400) < 400 for m in sent)
    assert await stored(in_db) == 0


async def test_one_word_of_ten_megabytes_is_counted(api: Any, settings: Any) -> None:
    settings.USAGE_BODY_BYTES = 16 * 1024 * 1024
    word = "x" * 10_000_000
    body = {"session": "s", "messages": [{"role": "user", "content": word}]}

    response = await api.post(USAGE, body)

    assert response.status_code == 201
    assert response.json()["budget"]["used_tokens"] >= 10_000_000 / 4


async def test_a_thousand_reports_are_taken_and_one_more_is_not(
    api: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    one = {"session": "s", "tokens": {"history": 1}}

    full = await api.post(USAGE, [one] * 1_000)
    over = await api.post(USAGE, [one] * 1_001)

    assert full.json()["accepted"] == 1_000
    assert over.status_code == 413
    assert "1,000" in over.json()["error"]["message"]
    assert await in_db(UsageSample.objects.count) == 1_000


def test_millions_of_lines_are_refused_before_they_fill_memory() -> None:
    from tracker.api.errors import ApiError
    from tracker.api.intake.bodies.of_reports import read_reports
    from tracker.api.keys.keyring import KeyGrant

    body = b"1\n" * 500_000
    grant = KeyGrant(1, 1, frozenset(("ingest",)), None, None)

    tracemalloc.start()
    with pytest.raises(ApiError, match="1,000 reports"):
        read_reports(body, grant, True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < len(body)  # held as reports they are 36 times as much


@pytest.mark.parametrize("path", [*PATHS, "/compressions/1/review", "/nowhere"])
@pytest.mark.parametrize("wrong", ["", "tb_unknown"])
async def test_without_a_key_no_body_is_read(
    api: Any, in_db: Any, path: str, wrong: str
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 1024

    response = await api.request("POST", path, key=wrong, content=endless())

    assert response.status_code == 401
    assert sent <= 1  # the transport of these tests begins with one
    assert await stored(in_db) == 0


@pytest.mark.parametrize("wrong", ["", "tb_unknown"])
async def test_below_a_path_the_api_is_the_api_too(
    api: Any, settings: Any, wrong: str
) -> None:
    settings.PATH_PREFIX = "/budget"
    path = "/budget/api/v1/sessions/s/optimize"
    large = b" " * (2 * 1024 * 1024)

    refused = await api.client.post(
        path, content=large, headers={"Authorization": f"Bearer {wrong}"}
    )
    read = await api.client.post(
        path,
        content=large,
        headers={
            "Authorization": f"Bearer {api.key}",
            "Content-Type": "application/json",
        },
    )

    assert refused.status_code == 401
    assert read.status_code == 400  # it was read, and is no JSON


async def test_a_page_takes_a_form_of_one_mebibyte_and_no_more(api: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = api.client

    full = await client.post("/login/", content=b"a" * 1024 * 1024, headers=form)
    over = await client.post("/login/", content=b"a" * (1024 * 1024 + 1), headers=form)

    assert full.status_code == 403  # read, and found to lack its CSRF token
    assert over.status_code == 413
    assert "1 MiB" in over.json()["error"]["message"]


async def test_all_forms_together_have_a_limit_and_give_their_room_back(
    api: Any, settings: Any
) -> None:
    from tracker.api.intake.bodies.limit import with_body_limit

    settings.PAGE_BODIES_BYTES = 1_000
    answers: list[int] = []

    async def read_all(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            if not message["more_body"]:
                await gate.wait()
                await send({"type": "http.response.start", "status": 200})
                return

    async def post(size: int) -> int:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        async def send(message: Any) -> None:
            if "status" in message:
                answers.append(message["status"])

        size_header = [(b"content-length", str(size).encode())]
        scope = {"type": "http", "path": "/login/", "headers": size_header}
        await with_body_limit(read_all, scope, receive, send)
        return answers[-1]

    gate = asyncio.Event()
    first = asyncio.create_task(post(700))
    await asyncio.sleep(0)

    assert await post(700) == 503
    gate.set()
    assert await first == 200
    assert await post(700) == 200
