"""Assets over ASGI: whole, in part, or not again; and nothing to read in the log."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

CSS = "/static/tracker/frame/tokens.css"
TEXT = (Path(__file__).resolve().parents[2] / CSS[1:]).read_bytes()


async def ask(method: str, **headers: str) -> httpx.Response:
    from budget_site.asgi import application

    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as c:
        return await c.request(method, CSS, headers=headers)


async def test_an_asset_comes_whole_and_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        answer = await ask("GET")

    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["content-type"] == 'text/css; charset="utf-8"'
    assert answer.headers["content-length"] == str(len(TEXT))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [str(one.message) for one in heard if "iterator" in str(one.message)] == []


@pytest.mark.parametrize(
    ("method", "headers", "status", "content"),
    [
        ("HEAD", {}, 200, b""),
        ("GET", {"Range": "bytes=5-24"}, 206, TEXT[5:25]),
        ("GET", {"Range": "bytes=99999999-"}, 416, b""),
        ("POST", {}, 405, b""),
    ],
    ids=str,
)
async def test_an_asset_is_asked_for_in_other_ways(
    method: str, headers: dict[str, Any], status: int, content: bytes
) -> None:
    answer = await ask(method, **headers)

    assert (answer.status_code, answer.content) == (status, content)


async def test_an_asset_that_did_not_change_is_not_sent_again() -> None:
    first = await ask("GET")
    again = await ask("GET", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
