"""An agent's telemetry and its session file tell each request; it counts once."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.ingest.conftest import NOON
from tracker.domain.reports import Parts, UsageReport, attribute


@pytest.fixture
def telemetry(project: Any) -> Any:
    def make(used: int, *, second: float, output: int = 44, **more: Any) -> Any:
        given = {"event_id": f"log:{used}-{second}", "origin": "otlp"}
        given["metadata"] = {"scope": "codex_otel.log_only"}
        return arrival(project, used, second, output, given | more)

    return make


@pytest.fixture
def rollout(project: Any) -> Any:
    def make(used: int, *, second: float, output: int = 44, **more: Any) -> Any:
        given = {
            "event_id": f"resp_{used}-{second}",
            "origin": "codex",
            "parts": attribute(used, Parts(system=900)),
            "parts_source": "estimated",
        }
        return arrival(project, used, second, output, given | more)

    return make


def arrival(
    project: Any, used: int, second: float, output: int, given: dict[str, Any]
) -> Any:
    from tracker.ingest.arrivals import Arrival

    fields = {"parts": Parts(unattributed=used)} | given
    report = UsageReport(
        session="s",
        used_tokens=used,
        source="reported",
        at=NOON + timedelta(seconds=second),
        model="gpt-5.5",
        input_tokens=used,
        output_tokens=output,
        cache_read_tokens=used // 2,
        **fields,
    )
    return Arrival(project.pk, report, NOON + timedelta(hours=1))


def test_a_sub_agent_with_two_names_is_one_beside_its_main_agent(
    telemetry: Any, rollout: Any, recorder: Any
) -> None:
    """Copilot's: an id in its file, a name in its spans. Same numbers, told at once."""
    from tracker.models import UsageSample

    told = [
        telemetry(22_000, second=1.0, event_id="m"),
        telemetry(22_000, second=1.1, lane="explore", event_id="a"),
        rollout(22_000, second=1.1, lane="agent-7c9f"),
        rollout(22_000, second=1.0),
    ]
    recorder.record(told)

    rows = UsageSample.objects.order_by("at").values_list("lane", "system_tokens")
    assert list(rows) == [("main", 900), ("explore", 900)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_each_request_is_one_sample_in_whatever_order(
    order: tuple[int, ...], telemetry: Any, rollout: Any, recorder: Any
) -> None:
    from tracker.models import UsageSample

    told = [
        telemetry(63_000, second=1.0),
        telemetry(70_000, second=9.0),
        rollout(63_000, second=1.2),
        rollout(70_000, second=7.0),
    ]
    for place in order:
        recorder.record([told[place]])

    rows = UsageSample.objects.order_by("at")
    assert [(row.used_tokens, row.system_tokens) for row in rows] == [
        (63_000, 900),
        (70_000, 900),
    ]
    assert rows[0].session.used_tokens == 70_000


def test_two_like_requests_stay_two(
    telemetry: Any, rollout: Any, recorder: Any
) -> None:
    from tracker.models import UsageSample

    for way in (telemetry, rollout):
        recorder.record([way(63_000, second=1), way(63_000, second=5)])

    assert UsageSample.objects.count() == 2


def test_what_differs_or_is_of_another_program_is_its_own(
    telemetry: Any, rollout: Any, recorder: Any
) -> None:
    from tracker.models import UsageSample

    recorder.record([telemetry(63_000, second=1)])
    recorder.record([rollout(63_000, second=1, output=45), rollout(63_000, second=100)])
    recorder.record(
        [telemetry(63_000, second=1, event_id="o", metadata={"scope": "openai"})]
    )

    assert UsageSample.objects.count() == 4
