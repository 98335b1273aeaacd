"""Every message packs: the in-memory layer forgives what Redis does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgpack
import msgspec


def news_of(project: Any) -> list[dict[str, Any]]:
    """What one transaction tells: gauges of two lanes, an event, a compression."""
    from tracker.domain.reports import CompressionReport, Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder

    reports: list[Any] = [
        UsageReport("s 💬", 163_000, Parts(history=163_000), "counted", title="ت"),
        UsageReport("s 💬", 5, Parts(history=5), "reported", lane="helper"),
        CompressionReport("s 💬", 163_000, 9, summary="kept", target_tokens=117_600),
    ]
    recorder = Recorder()
    now = datetime.now(UTC)
    recorder.record([Arrival(project.pk, report, now) for report in reports])
    return recorder.news


def test_news_and_its_messages_pack_as_json_and_msgpack(project: Any) -> None:
    found = news_of(project)

    messages = [item.pop("make")() for item in found]
    rows = [item.pop("make_row")() for item in found if "make_row" in item]

    assert {m["type"] for m in messages} == {"budget", "event", "compression"}
    for plain in (*messages, *rows, *found):
        assert msgpack.unpackb(msgpack.packb(plain)) == plain
        assert json.loads(json.dumps(plain)) == plain
        assert msgspec.json.decode(msgspec.json.encode(plain)) == plain


def test_a_row_of_a_list_is_the_same_from_here_and_from_another_process(
    project: Any,
) -> None:
    from tracker.live.bundles import row_text_of
    from tracker.live.news import encode

    gauges = [item for item in news_of(project) if item["kind"] == "budget"]

    for item in gauges:
        from_elsewhere = {"text": encode(item["make"]())}
        assert row_text_of(item) == row_text_of(from_elsewhere)
    assert len(gauges) == 2


def test_what_is_pushed_and_what_is_replayed_do_not_differ(project: Any) -> None:
    from tracker.live import store
    from tracker.models import LLMSession
    from tracker.reading.policy_shelf import present_policies

    pushed = [item["make"]() for item in news_of(project)]
    project.refresh_from_db()

    replayed = store.facts_after(project, 0, until=project.last_seq)
    (session,) = LLMSession.objects.select_related("project")
    book = present_policies()
    shown = [*store.budgets([session], book), *store.lane_budgets(session, book)]

    assert replayed == sorted(
        (m for m in pushed if m["type"] != "budget"), key=lambda m: m["seq"]
    )
    pushed_gauges = [m for m in pushed if m["type"] == "budget"]
    assert sorted(shown, key=lambda m: m["lane"]) == sorted(
        pushed_gauges, key=lambda m: m["lane"]
    )


def test_snapshot_and_counts_pack_too(project: Any) -> None:
    from tracker.live import store
    from tracker.live.greeting import greet, read_snapshot

    news_of(project)

    snapshot = read_snapshot((frozenset((project.pk,)), None))
    greeting = greet(snapshot, session_id=None, after="0")
    messages = [
        *map(json.loads, greeting.texts),
        store.counts_message(store.projects()),
    ]

    assert [m["type"] for m in messages] == [
        "snapshot",
        "event",
        "compression",
        "counts",
    ]
    for plain in messages:
        assert msgpack.unpackb(msgpack.packb(plain)) == plain
        assert json.loads(json.dumps(plain)) == plain


async def test_several_processes_share_news_through_the_layer(
    application: Any, open_socket: Any, project: Any, settings: Any
) -> None:
    """As with Redis: put into words, packed, sent, unpacked by each hub."""
    import asyncio

    from tracker.live.broadcast import Broadcaster

    settings.REDIS_URL = "redis://layer"  # only says that there are several
    broadcaster = Broadcaster(asyncio.get_running_loop())
    settings.REDIS_URL = ""
    socket = await open_socket()
    await socket.next()

    def write() -> list[dict[str, Any]]:
        from django.db import connection

        try:
            return news_of(project)
        finally:
            connection.close()

    broadcaster.publish(await asyncio.to_thread(write))
    await socket.until(
        lambda m: m.get("seq") == 2 and m["type"] in ("event", "compression")
    )

    assert broadcaster.is_watched()
    assert socket.seqs() == [1, 2]
    assert await socket.is_silent()
