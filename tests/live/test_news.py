"""News is typed and frozen, and passes a layer of several processes unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgpack
import msgspec
import pytest


def news_of(project: Any) -> list[Any]:
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


def plain(message: Any) -> Any:
    """As a socket receives it."""
    from tracker.live.news import encode

    return json.loads(encode(message))


def test_news_is_the_same_after_it_has_passed_the_channel_layer(project: Any) -> None:
    from tracker.live.news import pack, unpack

    found = news_of(project)

    packed = pack(found)

    assert {type(news).__name__ for news in found} == {
        "GaugeMoved",
        "EventFired",
        "CompressionRecorded",
    }
    assert unpack(packed) == found
    assert msgpack.unpackb(msgpack.packb(packed)) == packed  # as Redis' layer does
    for here, there in zip(found, unpack(packed), strict=True):
        assert plain(here.message()) == plain(there.message())


def test_news_cannot_be_changed_on_its_way(project: Any) -> None:
    for news in news_of(project):
        with pytest.raises(AttributeError):
            news.head = None
        with pytest.raises(AttributeError):
            news.head.title = "another"


def test_what_is_not_news_is_refused_as_a_whole() -> None:
    from tracker.live.news import unpack

    of_another_version = msgpack.packb([{"type": "GaugeMoved", "lane": "main"}])

    with pytest.raises(msgspec.ValidationError):
        unpack(of_another_version)


def test_a_row_is_a_part_of_the_whole_message(project: Any) -> None:
    from tracker.live.bundles import GaugeText
    from tracker.live.news import GaugeMoved

    gauges = [news for news in news_of(project) if isinstance(news, GaugeMoved)]

    for news in gauges:
        text = GaugeText(news)
        whole, row = json.loads(text.whole), json.loads(text.row)
        assert row.pop("budget").items() <= whole.pop("budget").items()
        assert row.items() <= whole.items()
    assert len(gauges) == 2


def test_what_is_pushed_and_what_is_replayed_do_not_differ(project: Any) -> None:
    from tracker.live import store
    from tracker.live.news import GaugeMoved
    from tracker.models import LLMSession
    from tracker.reading.policies.policy_shelf import present_policies

    pushed = news_of(project)
    project.refresh_from_db()

    replayed = store.numbered_after(project, 0, until=project.last_seq)
    (session,) = LLMSession.objects.select_related("project")
    book = present_policies()
    shown = [*store.gauges([session], book), *store.lane_gauges(session, book)]

    numbered = [news for news in pushed if not isinstance(news, GaugeMoved)]
    assert replayed == sorted(numbered, key=lambda news: news.seq)
    gauges = [news for news in pushed if isinstance(news, GaugeMoved)]
    assert sorted(shown, key=lambda news: news.lane) == sorted(
        gauges, key=lambda news: news.lane
    )


def test_snapshot_and_counts_are_plain_json(project: Any) -> None:
    from tracker.live import store
    from tracker.live.greeting import greet, read_snapshot

    news_of(project)

    snapshot = read_snapshot((frozenset((project.pk,)), None, "1h"))
    greeting = greet(snapshot, session_id=None, after="0")
    messages = [
        *map(json.loads, greeting.texts),
        plain(store.counts_message(store.projects())),
    ]

    assert [m["type"] for m in messages] == [
        "snapshot",
        "event",
        "compression",
        "counts",
    ]
    assert plain(snapshot.message) == messages[0]


async def test_several_processes_share_news_through_the_layer(
    application: Any, open_socket: Any, project: Any, settings: Any
) -> None:
    """As with Redis: packed, sent, unpacked by each hub."""
    import asyncio

    from tracker.live.broadcast import Broadcaster

    settings.REDIS_URL = "redis://layer"  # only says that there are several
    broadcaster = Broadcaster(asyncio.get_running_loop())
    settings.REDIS_URL = ""
    socket = await open_socket()
    await socket.next()

    def write() -> list[Any]:
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
