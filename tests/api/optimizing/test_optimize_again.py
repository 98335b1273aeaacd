"""POST optimize once more: a repeat, soon after a compression, of a compressed one."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import LONG_TALK, SHORT_TALK


async def test_a_retry_gets_the_same_answer_and_records_nothing_more(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    given = {"messages": LONG_TALK, "event_id": "o1"}
    first = await api.post("/sessions/s/optimize", given)

    second = await api.post("/sessions/s/optimize", given)

    assert (first.status_code, second.status_code) == (201, 200)
    once, again = first.json(), second.json()
    assert again["duplicate"] is True
    assert again["messages"] == once["messages"]
    assert again["compression"] == once["compression"]
    assert again["skipped"] is None
    assert again["budget"] == once["budget"]
    counts = await in_db(
        lambda: (UsageSample.objects.count(), Compression.objects.count())
    )
    assert counts == (1, 1)


async def test_a_repeat_with_another_body_records_no_compression(
    api: Any, in_db: Any
) -> None:
    from tracker.models import Compression, UsageSample

    await api.post("/sessions/s/optimize", {"messages": SHORT_TALK, "event_id": "o1"})

    again = await api.post(
        "/sessions/s/optimize",
        {"messages": LONG_TALK, "event_id": "o1", "force": True},
    )

    assert again.json()["duplicate"] is True
    assert again.json()["compression"] is None
    assert again.json()["compressed"] is True
    assert await in_db(UsageSample.objects.count) == 1
    assert await in_db(Compression.objects.count) == 0


async def test_soon_after_a_compression_a_new_one_waits(api: Any) -> None:
    first = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()
    grown = [*first["messages"], *LONG_TALK]

    body = (await api.post("/sessions/s/optimize", {"messages": grown})).json()

    assert (body["compressed"], body["skipped"]) == (False, "cooldown")
    assert body["messages"] == grown


async def test_after_a_compression_by_the_client_a_new_one_waits(api: Any) -> None:
    done = {"before_tokens": 90_000, "after_tokens": 9_000}
    answer = await api.post("/sessions/s/compressions", done)
    assert answer.status_code == 201

    body = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()

    assert (body["compressed"], body["skipped"]) == (False, "cooldown")


async def test_a_second_compression_is_rebuilt_from_the_first_ones_originals(
    api: Any,
) -> None:
    first = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()
    grown = [*first["messages"], *LONG_TALK]

    second = await api.post(
        "/sessions/s/optimize", {"messages": grown, "force": True, "dry_run": True}
    )

    body = second.json()
    assert body["compressed"] is True
    lines = body["plan"]["lines"]
    assert lines and all(line["text"] for line in lines)
    assert sum("earlier messages" in str(m["content"]) for m in body["messages"]) == 1
