"""Pages travel compressed; keys, forms' answers and streams do not."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from tracker.pages.frame.middleware.compressed import LEAST_BYTES, CompressedMiddleware

BODY = b"row " * LEAST_BYTES


def answered(response: Any, method: str = "GET", accept: str = "gzip, br") -> Any:
    request = RequestFactory().generic(method, "/", headers={"accept-encoding": accept})
    return CompressedMiddleware(lambda _: response)(request)


def test_a_page_is_compressed_for_those_who_take_it() -> None:
    found = answered(HttpResponse(BODY))

    assert found["Content-Encoding"] == "gzip" and "Accept-Encoding" in found["Vary"]
    assert gzip.decompress(found.content) == BODY
    assert int(found["Content-Length"]) == len(found.content) < len(BODY) / 10
    assert answered(HttpResponse(BODY), accept="identity").content == BODY


def test_the_length_of_the_same_page_differs() -> None:
    lengths = {len(answered(HttpResponse(BODY)).content) for _ in range(60)}

    assert len(lengths) > 5


@pytest.mark.parametrize("control", ["no-store", "max-age=0, no-store, private"])
def test_what_may_not_be_stored_is_not_compressed(control: str) -> None:
    secret = HttpResponse(BODY, headers={"Cache-Control": control})

    assert answered(secret).content == BODY


def test_answers_to_forms_streams_and_short_answers_are_not_compressed() -> None:
    assert answered(HttpResponse(BODY), method="POST").content == BODY
    short = HttpResponse(BODY[: LEAST_BYTES - 1])
    assert "Content-Encoding" not in answered(short)
    assert "Content-Encoding" not in answered(StreamingHttpResponse([BODY]))
