"""Bodies that no honest client sends: never a 500, never a row."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest

USAGE, OPTIMIZE, COMPRESSIONS = (
    "/usage",
    "/sessions/s/optimize",
    "/sessions/s/compressions",
)
GOOD = {
    USAGE: b'{"session": "s", "tokens": {"history": 5}}',
    OPTIMIZE: b'{"messages": [{"role": "user", "content": "hello"}]}',
    COMPRESSIONS: b'{"before_tokens": 9, "after_tokens": 5}',
}
PATHS = tuple(GOOD)


async def stored(in_db: Any) -> int:
    from tracker.models import Compression, LLMSession, UsageSample

    return int(
        await in_db(
            lambda: (
                LLMSession.objects.count()
                + UsageSample.objects.count()
                + Compression.objects.count()
            )
        )
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\0",
        b"\xff\xfe\x00",
        b"{'session': 's'}",
        b"<session>s</session>",
        b"--boundary\r\nContent-Disposition: form-data",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_not_json_is_400(
    api: Any, in_db: Any, path: str, body: bytes
) -> None:
    response = await api.post(path, body)

    assert response.status_code == 400, response.text
    assert response.json()["error"]["code"] == "not_json"
    assert await stored(in_db) == 0


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_nested_too_deeply_is_400(
    api: Any, in_db: Any, path: str
) -> None:
    field = b"before" if path == COMPRESSIONS else b"messages"
    for deep in (
        b"[" * 90_000 + b"]" * 90_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ):
        response = await api.post(path, b'{"%s": [{"a": %s}]}' % (field, deep))
        assert response.status_code == 400, response.text
    assert await stored(in_db) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", [b'"\xed\xa0\x80"', b'"\\udc00"', b'"open'])
async def test_text_that_is_no_unicode_is_400(
    api: Any, in_db: Any, path: str, text: bytes
) -> None:
    field = {USAGE: b"session", OPTIMIZE: b"model", COMPRESSIONS: b"summary"}[path]

    response = await api.post(path, b'{"%s": %s}' % (field, text))

    assert response.status_code == 400, response.text
    assert await stored(in_db) == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (USAGE, b'{"session": "s", "tokens": {"history": %s}}', "tokens.history"),
        (OPTIMIZE, b'{"messages": [], "window_tokens": %s}', "window_tokens"),
        (COMPRESSIONS, b'{"before_tokens": %s, "after_tokens": 1}', "before_tokens"),
    ],
)
@pytest.mark.parametrize(
    "number", [b"1" + b"0" * 30, b"9" * 5_000, b"1e400", b"1e3", b"-0.0", b'"5"']
)
async def test_numbers_out_of_bounds_are_named(
    api: Any, in_db: Any, path: str, body: bytes, field: str, number: bytes
) -> None:
    response = await api.post(path, body % number)

    assert response.status_code in (400, 422), response.text
    if response.status_code == 422:
        assert response.json()["error"]["field"] == field
    assert await stored(in_db) == 0


@pytest.mark.parametrize(
    "number", [b"1" + b"0" * 30, b"9" * 5_000, b"1e400", b"-1", b"1.5", b"null"]
)
async def test_odd_numbers_in_a_providers_usage_are_named(
    api: Any, in_db: Any, number: bytes
) -> None:
    response = await api.post(
        USAGE, b'{"session": "s", "usage": {"input_tokens": %s}}' % number
    )

    assert response.status_code in (400, 422), response.text
    assert await stored(in_db) == 0


async def test_of_a_key_given_twice_the_last_one_counts(api: Any) -> None:
    body = b'{"session": "a", "session": "b", "tokens": {"history": 1, "history": 2}}'

    answer = (await api.post(USAGE, body)).json()

    assert (answer["session"], answer["budget"]["used_tokens"]) == ("b", 2)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/xml"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br"},
    ],
    ids=str,
)
async def test_other_kinds_of_body_are_415(
    api: Any, in_db: Any, path: str, headers: dict[str, str]
) -> None:
    response = await api.post(path, gzip.compress(GOOD[path]), headers=headers)

    assert response.status_code == 415, response.text
    assert await stored(in_db) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ],
)
async def test_json_under_the_headers_people_forget_is_taken(
    api: Any, path: str, kind: str
) -> None:
    response = await api.post(path, GOOD[path], headers={"Content-Type": kind})

    assert response.status_code == 201, response.text


@pytest.mark.parametrize("path", PATHS)
async def test_a_chunked_body_needs_no_length(api: Any, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for n in range(0, len(GOOD[path]), 7):
            yield GOOD[path][n : n + 7]

    response = await api.request(
        "POST", path, content=chunks(), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 201, response.text


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
    async with asyncio.timeout(5):
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


async def test_text_of_every_alphabet_is_counted_and_named(api: Any) -> None:
    text = "نص 💬 e\u0301 文 \u202e \0 \ufeff \u2028 \uffff"
    body = {
        "session": "s",
        "title": "عنوان 💬",
        "model": "نموذج",
        "messages": [{"role": "user", "content": text}],
        "system": text,
        "user_context": text,
        "metadata": {"فريق": "بحث 🔎"},
    }

    response = await api.post(USAGE, body)
    session = (await api.get("/sessions/s")).json()

    assert response.status_code == 201, response.text
    assert (session["title"], session["model"]) == ("عنوان 💬", "نموذج")
    assert session["metadata"] == {"فريق": "بحث 🔎"}


async def test_nul_characters_never_reach_a_row(api: Any, in_db: Any) -> None:
    for field in ("session", "title", "model", "lane", "event_id"):
        body = {"session": "s", "tokens": {}} | {field: "a\0b"}
        response = await api.post(USAGE, body)
        assert response.status_code == 422
        assert response.json()["error"]["field"] == field
    for metadata in ({"k": "\0"}, {"\0": 1}, {"k": [{"deep": "a\0"}]}):
        body = {"session": "s", "tokens": {}, "metadata": metadata}
        response = await api.post(USAGE, body)
        assert response.json()["error"]["field"] == "metadata"
    assert await stored(in_db) == 0


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


async def test_a_batch_of_rubbish_is_named_piece_by_piece(api: Any, in_db: Any) -> None:
    rubbish: list[Any] = [1, None, "x", [], {}, {"session": 5}, {"session": "a\0"}]

    response = await api.post(USAGE, rubbish)

    assert response.status_code == 422
    body = response.json()
    assert body["accepted"] == 0
    assert [r["index"] for r in body["rejected"]] == list(range(len(rubbish)))
    assert all(r["error"] for r in body["rejected"])
    assert await stored(in_db) == 0


async def test_lines_of_rubbish_between_good_ones_are_named(api: Any) -> None:
    good = json.dumps({"session": "s", "tokens": {}}).encode()
    lines = b"\r\n".join([good, b"\xff", b"[" * 100_000, b"null", good])

    response = await api.post(
        USAGE, lines, headers={"Content-Type": "application/x-ndjson"}
    )

    assert response.json()["accepted"] == 2
    assert [r["index"] for r in response.json()["rejected"]] == [1, 2, 3]


def test_millions_of_lines_are_refused_before_they_fill_memory() -> None:
    from tracker.api.errors import ApiError
    from tracker.api.keyring import KeyGrant
    from tracker.api.usage_bodies import read_reports

    body = b"1\n" * 500_000
    grant = KeyGrant(1, 1, frozenset(("ingest",)), None, None)

    tracemalloc.start()
    with pytest.raises(ApiError, match="1,000 reports"):
        read_reports(body, grant, True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < len(body)  # it was 70 times as much
