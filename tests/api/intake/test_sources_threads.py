"""A sub-agent of Codex, told by its telemetry under its own thread, and by its file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from tests.api.intake.telemetry import send
from tests.sources.otlp.bodies import START, logs
from tracker.domain.reports import Parts, UsageReport, attribute

SCOPE = "codex_otel.log_only"
CALL = {
    "event.name": "codex.sse_event",
    "event.kind": "response.completed",
    "model": "gpt-5-codex",
    "output_token_count": "30",
    "cached_token_count": 600,
}
ROOT, CHILD, GRANDCHILD = "thread-1", "thread-2", "thread-3"
LANE = f"agent-{CHILD}"


def call(thread: str, tokens: int) -> bytes:
    told = {**CALL, "conversation.id": thread, "input_token_count": str(tokens)}
    return logs(told, scope=SCOPE)


def spawned(child: str, parent: str) -> bytes:
    return logs(
        {
            "event.name": "codex.agent_communication",
            "kind": "spawn",
            "sender_thread_id": parent,
            "receiver_thread_id": child,
        },
        scope=SCOPE,
    )


async def tell_by_file(tokens: int, lane: str = LANE) -> None:
    """As an import stores a request of the sub-agent's file."""
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.door.process import get_writer
    from tracker.models import Project

    report = UsageReport(
        session=ROOT,
        lane=lane,
        used_tokens=tokens,
        source="reported",
        origin="codex",
        model="gpt-5-codex",
        parts=attribute(tokens, Parts(system=90)),
        parts_source="estimated",
        event_id=f"resp_{tokens}",
        at=datetime.fromtimestamp(START / 1e9, UTC) + timedelta(seconds=1),
        input_tokens=tokens,
        output_tokens=30,
        cache_read_tokens=600,
    )
    project = await Project.objects.aget()
    await get_writer().record([Arrival(project.pk, report, datetime.now(UTC))])


async def rows(in_db: Any) -> list[tuple[str, str, int, int]]:
    from tracker.models import UsageSample

    found = UsageSample.objects.order_by("used_tokens").values_list(
        "session__key", "lane", "used_tokens", "system_tokens"
    )
    return await in_db(lambda: list(found))


async def is_sound(in_db: Any) -> bool:
    from tracker.upkeep.verifying import verify

    return [str(each) for each in await in_db(lambda: list(verify()))] == []


async def test_a_sub_agent_is_a_lane_and_counts_once_in_any_order(
    api: Any, in_db: Any
) -> None:
    """One sub-agent for each order of link, telemetry and file."""
    expected = [(ROOT, "main", 9000, 0)]
    await send(api, "/v1/logs", call(ROOT, 9000))
    for number, order in enumerate(permutations(range(3))):
        child, tokens = f"thread-9{number}", 2000 + number
        steps = [
            lambda child=child: send(api, "/v1/logs", spawned(child, ROOT)),
            lambda child=child, n=tokens: send(api, "/v1/logs", call(child, n)),
            lambda child=child, n=tokens: tell_by_file(n, f"agent-{child}"),
        ]
        for place in order:
            await steps[place]()
        expected.insert(-1, (ROOT, f"agent-{child}", tokens, 90))

    assert await rows(in_db) == expected
    assert await is_sound(in_db)


async def test_what_another_process_was_told_is_found_by_the_files_lane(
    api: Any, in_db: Any
) -> None:
    """The first request stands apart until the next one comes."""
    from tracker.api.intake.sources import threads

    await send(api, "/v1/logs", call(ROOT, 9000))
    await send(api, "/v1/logs", spawned(CHILD, ROOT))
    threads.forget_all()
    await send(api, "/v1/logs", call(CHILD, 5000))
    assert (await rows(in_db))[0] == (CHILD, "main", 5000, 0)
    await tell_by_file(5000)
    await send(api, "/v1/logs", call(CHILD, 6000))

    assert await rows(in_db) == [
        (ROOT, LANE, 5000, 90),
        (ROOT, LANE, 6000, 0),
        (ROOT, "main", 9000, 0),
    ]
    assert await is_sound(in_db)


async def test_a_sub_agent_of_a_sub_agent_belongs_to_the_session_above_both(
    api: Any, in_db: Any
) -> None:
    both = (spawned(CHILD, ROOT), spawned(GRANDCHILD, CHILD))
    for body in (*both, call(GRANDCHILD, 4000), call(CHILD, 5000)):
        await send(api, "/v1/logs", body)

    assert [row[:2] for row in await rows(in_db)] == [
        (ROOT, f"agent-{GRANDCHILD}"),
        (ROOT, LANE),
    ]


async def test_threads_that_name_each_other_stay_where_they_are_told(
    api: Any, in_db: Any
) -> None:
    """Nobody sends that; the search for the top must end."""
    for body in (spawned(CHILD, ROOT), spawned(ROOT, CHILD), call(ROOT, 4000)):
        answer = await send(api, "/v1/logs", body)
        assert answer.status_code == 200

    assert len(await rows(in_db)) == 1
    assert await is_sound(in_db)


async def test_the_link_of_another_project_places_nothing(api: Any, in_db: Any) -> None:
    from tracker.api.intake.sources import threads
    from tracker.models import Project

    other = await in_db(lambda: Project.objects.create(name="other", slug="other"))
    threads.learn(other.pk, {CHILD: ROOT})
    await send(api, "/v1/logs", call(CHILD, 5000))

    assert await rows(in_db) == [(CHILD, "main", 5000, 0)]
