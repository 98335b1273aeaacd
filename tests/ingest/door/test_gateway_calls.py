"""Rows of calls are written in groups, and one that cannot be holds no other up."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError


def call(project: Any, **more: Any) -> Any:
    from django.utils import timezone

    from tracker.models import GatewayCall

    return GatewayCall(
        project=project, at=timezone.now(), upstream="anthropic", status=200,
        request_bytes=10, sent_bytes=10, added_ms=1.5, **more,
    )  # fmt: skip


def test_what_was_noted_is_written(project: Any) -> None:
    from tracker.ingest.door.gateway_calls import CallLog
    from tracker.models import GatewayCall

    log = CallLog()
    log.note(call(project))
    log.note(call(project, action="cut"))
    log.write()
    log.write()

    actions = GatewayCall.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["untouched", "cut"]


def test_a_call_of_a_deleted_session_is_lost_alone(project: Any) -> None:
    from tracker.ingest.door.gateway_calls import CallLog
    from tracker.models import GatewayCall

    log = CallLog()
    log.note(call(project, session_id=999_999))
    log.note(call(project))
    log.write()

    assert GatewayCall.objects.count() == 1


def test_while_the_database_is_away_calls_wait(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.door import gateway_calls
    from tracker.ingest.door.gateway_calls import CallLog
    from tracker.models import GatewayCall

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("away")

    log = CallLog()
    log.note(call(project))
    with monkeypatch.context() as patched:
        patched.setattr(GatewayCall.objects, "bulk_create", away)
        patched.setattr(GatewayCall, "save", away)
        patched.setattr(gateway_calls, "_answers", lambda: False)
        log.write()
    log.write()

    assert GatewayCall.objects.count() == 1


def test_the_first_call_after_a_pause_is_written_at_once(project: Any) -> None:
    from tracker.ingest.door.gateway_calls import CallLog

    now = [100.0]
    log = CallLog(clock=lambda: now[0])
    waits = []
    for passed in (0.0, 0.4, 5.0):
        now[0] += passed
        log.note(call(project))
        waits.append(log.next_write_seconds())
        log.write()

    assert waits == pytest.approx([0.0, 0.6, 0.0])
