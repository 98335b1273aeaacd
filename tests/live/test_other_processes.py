"""What another process did to the store reaches the open sockets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any


async def test_what_another_process_wrote_is_seen_in_the_store(
    project: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await socket.next()

    for n in (1, 2):  # also after the hub has seen the store once
        await asyncio.to_thread(as_another_process, write, project.pk, f"import{n}")
        event = await socket.first("event", session=f"import{n}")
        assert event["to_level"] == "warning"
    assert socket.seqs() == [1, 2]
    gauges = {m["session"] for m in socket.seen if m["type"] == "budget"}
    assert gauges == {"import1", "import2"}


async def test_no_fact_of_a_large_import_is_left_out(
    project: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await socket.next()

    await asyncio.to_thread(as_another_process, write, project.pk, "import", 1_500)
    await socket.first("event", seq=1_500)

    assert socket.seqs() == list(range(1, 1_501))


async def test_deleted_sessions_reach_open_pages_as_smaller_counts(
    api: Any, open_socket: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession
    from tracker.upkeep.deleting import delete_session

    for name in ("a", "b", "c"):
        await api.post("/usage", {"session": name, "tokens": {"history": 5}})
    socket = await open_socket()
    assert (await socket.next())["counts"]["ok"] == 3

    def delete(key: str) -> None:
        delete_session(LLMSession.objects.get(key=key))

    for key, left in (("a", 2), ("c", 1)):
        await asyncio.to_thread(as_another_process, delete, key)
        counts = await socket.first("counts")
        assert counts["counts"]["ok"] == left


def write(project_id: int, session: str, times: int = 1) -> None:
    """Record without this process's writer."""
    from tracker.domain.reports import Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder

    arrivals = []
    for n in range(times):
        used = 163_000 if n % 2 == 0 else 0
        report = UsageReport(session, used, Parts(history=used), "counted")
        arrivals.append(Arrival(project_id, report, datetime.now(UTC)))
    Recorder().record(arrivals)


def as_another_process(function: Any, *given: Any) -> None:
    """Over a connection of its own."""
    from django.db import connection

    try:
        function(*given)
    finally:
        connection.close()
