"""What the client gets of an upstream's headers."""

from __future__ import annotations

import pytest

from tracker.gateway.upstream.headers import answer_headers, request_headers

HEADERS = [(b"ETag", b'"a"'), (b"Content-Length", b"55"), (b"Connection", b"close")]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_has_no_length(status: int) -> None:
    assert answer_headers(status, HEADERS, {}) == [(b"etag", b'"a"')]


def test_the_length_of_a_body_stays() -> None:
    assert answer_headers(200, HEADERS, {"x-own": "1"}) == [
        (b"etag", b'"a"'), (b"content-length", b"55"), (b"x-own", b"1"),
    ]  # fmt: skip


@pytest.mark.parametrize("title", ["Tür ☂".encode(), b"gate", b"T\xfcr"])
def test_a_header_that_is_no_ascii_is_sent_as_it_came(title: bytes) -> None:
    sent = request_headers([(b"x-title", title)])["x-title"]

    # aiohttp sends UTF-8: bytes that are none keep their letters.
    assert sent.encode() in (title, title.decode("latin-1").encode())
    assert sent.endswith(("☂", "gate", "ür"))
