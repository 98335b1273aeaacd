"""Bodies that no honest client sends: never a 500, never a row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.intake.request_bodies import COMPRESSIONS, OPTIMIZE, PATHS, USAGE, stored


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
    "number", [b"1" + b"0" * 30, b"9" * 5_000, b"1e400", b"-1", b"-1.5", b"null"]
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
