"""Threshold events and compressions reach a collector, each at least once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)

from tests.alerts.conftest import Receiver
from tracker.alerts import log_export
from tracker.alerts.log_export import LogKeeper, NotTaken, export_logs
from tracker.alerts.sending import post
from tracker.alerts.targets import TargetError
from tracker.models import (
    Compression,
    LLMSession,
    LogExport,
    Project,
    ThresholdEvent,
)


def record(project: Project, count: int = 1, kind: str = "event") -> None:
    """The next `count` facts of the project, numbered as the writer does it."""
    session, _ = LLMSession.objects.get_or_create(
        project=project, key="chat-1",
        defaults={"created_at": timezone.now(), "model": "claude-opus-4-5"},
    )  # fmt: skip
    for _ in range(count):
        project.last_seq += 1
        facts: dict[str, Any] = {
            "project": project, "session": session, "seq": project.last_seq,
            "at": timezone.now(),
        }  # fmt: skip
        if kind == "event":
            ThresholdEvent.objects.create(
                **facts, from_level="ok", to_level="critical", used_tokens=190_000,
                available_tokens=196_000, policy_name="default",
            )  # fmt: skip
        else:
            Compression.objects.create(
                **facts, model="gpt-5", performed_by="client", trigger="auto",
                before_tokens=190_000, after_tokens=40_000, facts_lost=2,
            )  # fmt: skip
    project.save()


@pytest.fixture
def collector(
    receiver: Callable[..., Receiver], settings: Any
) -> Callable[..., Receiver]:
    def make(*statuses: int) -> Receiver:
        one = receiver(*statuses)
        settings.OTLP_LOGS = one.url
        settings.OTLP_LOGS_HEADERS = "api-key=abc%20d,x-team=ops"
        return one

    return make


def told(one: Receiver) -> list[list[str]]:
    """The `log.record.uid`s of each request."""
    return [
        [
            next(a.value.string_value for a in r.attributes if a.key.endswith(".uid"))
            for logs in ExportLogsServiceRequest.FromString(body).resource_logs
            for r in logs.scope_logs[0].log_records
        ]
        for _, body in one.got
    ]


def test_what_is_new_is_sent_once_and_not_what_was_before(
    project: Project, collector: Any
) -> None:
    hook = collector(200)
    record(project, 2)

    assert export_logs(timezone.now()) == 0
    record(project)
    record(project, kind="compression")
    assert export_logs(timezone.now()) == 2
    assert export_logs(timezone.now()) == 0

    ((headers, _),) = hook.got
    assert headers["Content-Type"] == "application/x-protobuf"
    sent_headers = {name.lower(): value for name, value in headers.items()}
    assert (sent_headers["api-key"], sent_headers["x-team"]) == ("abc d", "ops")
    (uids,) = told(hook)
    assert len(set(uids)) == 2
    assert LogExport.objects.get().seq == 4


def test_a_later_project_is_told_from_its_beginning(
    project: Project, collector: Any
) -> None:
    hook = collector(200)
    export_logs(timezone.now())
    other = Project.objects.create(slug="later", name="Later")
    record(other)

    assert export_logs(timezone.now()) == 1
    assert len(told(hook)) == 1


def test_many_go_in_several_requests_in_their_order(
    project: Project, collector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_export, "RECORDS", 2)
    hook = collector(200)
    export_logs(timezone.now())
    record(project, 2)
    record(project, kind="compression")
    record(project, 2)

    assert [export_logs(timezone.now()) for _ in range(4)] == [2, 2, 1, 0]
    assert [len(uids) for uids in told(hook)] == [2, 2, 1]


def test_what_was_deleted_meanwhile_is_passed_over(
    project: Project, collector: Any
) -> None:
    collector(200)
    export_logs(timezone.now())
    record(project, 2)
    ThresholdEvent.objects.all().delete()

    assert export_logs(timezone.now()) == 0
    assert LogExport.objects.get().seq == 2


@pytest.mark.parametrize("status", [302, 401, 404, 429, 503])
def test_what_was_not_taken_is_sent_again_under_the_same_ids(
    project: Project, collector: Any, status: int
) -> None:
    hook = collector(status, 200)
    export_logs(timezone.now())
    record(project)

    with pytest.raises(NotTaken, match=str(status)):
        export_logs(timezone.now())
    assert export_logs(timezone.now()) == 1

    first, second = told(hook)
    assert first == second
    assert export_logs(timezone.now()) == 0


def test_a_request_refused_as_malformed_holds_up_none_that_follow(
    project: Project, collector: Any
) -> None:
    hook = collector(400, 200)
    export_logs(timezone.now())
    record(project)
    export_logs(timezone.now())
    record(project)
    export_logs(timezone.now())

    first, second = told(hook)
    assert first != second


def test_another_process_that_sends_is_waited_for_until_its_claim_ends(
    project: Project, collector: Any
) -> None:
    hook = collector(200)
    export_logs(timezone.now())
    record(project)
    now = timezone.now()
    LogExport.objects.update(claimed_until=now + log_export.CLAIM)

    assert export_logs(now) == 0
    assert export_logs(now + 2 * log_export.CLAIM) == 1
    assert len(hook.got) == 1


def test_the_operators_collector_may_be_on_loopback_where_alerts_may_not_go(
    project: Project, collector: Any, settings: Any
) -> None:
    hook = collector(200)
    settings.ALERT_PRIVATE_TARGETS = False
    export_logs(timezone.now())
    record(project)

    assert export_logs(timezone.now()) == 1
    assert len(hook.got) == 1
    with pytest.raises(TargetError, match="not a public address"):
        post(hook.url, {}, b"{}")
    assert len(hook.got) == 1


def test_a_collector_whose_host_is_not_known_is_asked_again_later(
    project: Project, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.OTLP_LOGS = "http://collector.example/v1/logs"
    export_logs(timezone.now())
    record(project)

    with pytest.raises(NotTaken, match="not known"):
        export_logs(timezone.now())
    assert LogExport.objects.get().seq == 0


def test_the_thread_waits_longer_with_each_failure_and_goes_on(
    project: Project, collector: Any
) -> None:
    collector(503, 503, 200)
    keeper = LogKeeper()
    assert keeper.step() == log_export.EVERY_SECONDS
    record(project)

    assert [keeper.step() for _ in range(4)] == [5.0, 10.0, 0.0, 1.0]


def test_the_thread_outlives_what_nobody_expected(
    project: Project, collector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> int:
        raise ValueError("odd")

    monkeypatch.setattr(log_export, "export_logs", fail)

    assert LogKeeper().step() == 60.0
