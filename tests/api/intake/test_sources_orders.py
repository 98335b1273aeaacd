"""What is stored follows from what was sent: not from its order, cut or repetition."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count, groupby
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.intake.captures import CAPTURES, Record
from tests.api.intake.telemetry import PROTOBUF
from tests.sources.otlp.bodies import logs, traces

numbers = count()


@st.composite
def requests(draw: st.DrawFn, records: Sequence[Record]) -> list[list[Record]]:
    """All the records in any order, some of them again, cut anywhere."""
    again = draw(st.lists(st.sampled_from(records), max_size=3))
    order = draw(st.permutations([*records, *again]))
    cuts = draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    found: list[list[Record]] = [[]]
    for record, is_cut in zip(order, cuts, strict=True):
        if is_cut:
            found.append([])
        found[-1].append(record)
    return [group for group in found if group]


@pytest.mark.parametrize("name", CAPTURES)
def test_any_order_cut_and_repetition_gives_the_same(name: str, store: None) -> None:
    expected = _state_after([CAPTURES[name]])

    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(groups=requests(CAPTURES[name]))
    def check(groups: list[list[Record]]) -> None:
        assert _state_after(groups) == expected

    check()


def _state_after(groups: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """Of a new project that these are sent to, each group in a request of its own."""
    from tracker.changes.access.api_keys import create_api_key
    from tracker.models import Project
    from tracker.upkeep.verifying import verify

    slug = f"project-{next(numbers)}"
    project = Project.objects.create(slug=slug, name=slug)
    _, key = create_api_key(project=project, name="test")
    asyncio.run(_send_all(key, groups))
    assert [str(wrong) for wrong in verify()] == []
    found = _state(project.pk)
    project.delete()
    return found


async def _send_all(key: str, groups: Sequence[Sequence[Record]]) -> None:
    from budget_site.asgi import application

    transport = httpx.ASGITransport(app=application)
    headers = PROTOBUF | {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=headers
    ) as client:
        for group in groups:
            for is_log, found in groupby(group, key=lambda record: "name" in record):
                records = list(found)
                path = "/v1/logs" if is_log else "/v1/traces"
                body = logs(*records) if is_log else traces(*records)
                answer = await client.post(path, content=body)
                assert (answer.status_code, answer.content) == (200, b"")


def _state(project_id: int) -> dict[str, Any]:
    """By session: what it shows, what its lanes show, its samples. What fires and is
    suspected on the way follows the arrival (docs/counting.md).
    """
    from tracker.models import LLMSession, SessionLane, UsageSample

    shown = ("used_tokens", "model", "message_count", "sample_count", "level")
    of_sample = (
        "lane",
        "at",
        "used_tokens",
        "model",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "message_count",
        "implausible",
    )
    found = {}
    for session in LLMSession.objects.filter(project_id=project_id):
        of = {"session": session}
        found[session.key] = (
            [getattr(session, name) for name in shown],
            sorted(
                SessionLane.objects.filter(**of).values_list(
                    "name", "used_tokens", "sample_count"
                )
            ),
            sorted(map(str, UsageSample.objects.filter(**of).values_list(*of_sample))),
        )
    return found
