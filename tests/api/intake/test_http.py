"""Bodies in and answers out, in ASGI's own words."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.api.errors import ApiError
from tracker.api.intake.http import (
    ClientGone,
    announced_size,
    read_body,
    send_answer,
    send_error,
)


def receiving(*messages: dict[str, Any]) -> Any:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return receive


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_read_whole_up_to_the_limit() -> None:
    parts = part(b"ab", True), part(b"", True), part(b"c")

    assert await read_body(receiving(*parts), {}, limit=3) == b"abc"
    with pytest.raises(ApiError) as refused:
        await read_body(receiving(*parts), {}, limit=2)
    assert refused.value.status == 413


async def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    with pytest.raises(ApiError) as refused:
        await read_body(receiving(), {b"content-length": b"4"}, limit=3)

    assert refused.value.status == 413


async def test_nobody_is_answered_who_hung_up() -> None:
    gone = receiving(part(b"a", True), {"type": "http.disconnect"})

    with pytest.raises(ClientGone):
        await read_body(gone, {}, limit=3)


async def test_a_packed_body_is_taken_only_where_it_is_unpacked() -> None:
    packed = {b"content-encoding": b"gzip"}

    assert await read_body(receiving(part(b"x")), packed, limit=3, takes_gzip=True)
    with pytest.raises(ApiError) as refused:
        await read_body(receiving(part(b"x")), packed, limit=3)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("said", "size"), [(b"", 0), (b"17", 17), (b"-1", 0), (b"x", 0), (b"9" * 30, None)]
)
def test_a_length_is_a_number_of_at_most_19_digits(
    said: bytes, size: int | None
) -> None:
    assert announced_size({b"content-length": said}) == (
        10**19 - 1 if size is None else size
    )


async def test_an_answer_says_its_type_and_length_and_an_error_what_to_do() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await send_answer(send, 200, b"{}", content_type=b"text/x")
    await send_error(send, ApiError(429, "slow", "too fast", retry_after=7))

    first, body, refused, error = sent
    assert first["headers"] == [(b"content-type", b"text/x"), (b"content-length", b"2")]
    assert body["body"] == b"{}"
    assert refused["status"] == 429
    assert (b"retry-after", b"7") in refused["headers"]
    assert error["body"] == (
        b'{"error":{"code":"slow","field":null,"message":"too fast"}}'
    )
