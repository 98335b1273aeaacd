"""Recording: what a group of reports leaves in the store."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.conftest import stored_samples


def test_a_repeat_in_the_same_group_counts_once(recorder: Any, usage: Any) -> None:
    answers = recorder.record(
        [usage("s", 1, event_id="e"), usage("s", 2, event_id="e")]
    )

    assert [a.is_duplicate for a in answers] == [False, True]
    assert stored_samples() == [(1, False)]


def test_the_same_id_in_another_session_is_another_report(
    recorder: Any, usage: Any
) -> None:
    answers = recorder.record(
        [usage("a", 1, event_id="e"), usage("b", 2, event_id="e")]
    )

    assert [a.is_duplicate for a in answers] == [False, False]


def test_a_refused_report_leaves_no_session_and_its_id_stays_free(
    recorder: Any, usage: Any
) -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.models import EventKey, LLMSession

    (refused,) = recorder.record([usage("s", 1, event_id="e", window_tokens=4_000)])
    left = LLMSession.objects.count() + EventKey.objects.count()
    (taken,) = recorder.record([usage("s", 1, event_id="e", window_tokens=9_000)])

    assert isinstance(refused, Rejection)
    assert refused.field == "window_tokens"
    assert left == 0
    assert taken.is_duplicate is False


def test_a_report_refused_for_the_model_of_the_one_before_leaves_its_id_free(
    recorder: Any, usage: Any
) -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.models import ConfigVersion, EventKey, Policy

    Policy.objects.create(
        name="roomy", model_pattern="big-model", reserved_tokens=8_000
    )
    ConfigVersion.bump()
    first, refused = recorder.record(
        [
            usage("s", 1, event_id="a", model="big-model"),
            usage("s", 1, event_id="b", window_tokens=6_000),
        ]
    )

    assert not isinstance(first, Rejection)
    assert isinstance(refused, Rejection)
    assert EventKey.objects.count() == 1


def test_seq_is_gapless_per_project(
    recorder: Any, usage: Any, compression: Any, stranger_key: str
) -> None:
    from dataclasses import replace

    from tracker.models import Compression, Project, ThresholdEvent

    other = Project.objects.get(slug="other")
    for second in range(6):
        swing = usage("s", 163_000 if second % 2 == 0 else 0, second=second)
        recorder.record(
            [
                swing,
                replace(swing, project_id=other.pk),
                compression("s", 9, 5, second=second),
            ]
        )

    for project, total in ((Project.objects.get(slug="default"), 12), (other, 6)):
        project.refresh_from_db()
        seqs = [
            *ThresholdEvent.objects.filter(project=project).values_list(
                "seq", flat=True
            ),
            *Compression.objects.filter(project=project).values_list("seq", flat=True),
        ]
        assert sorted(seqs) == list(range(1, total + 1))
        assert project.last_seq == total


def test_what_another_connection_changed_is_seen(recorder: Any, usage: Any) -> None:
    """The writer remembers sessions: an edit in the admin must not be undone."""
    import threading

    from tracker.models import LLMSession

    def edit() -> None:
        from django.db import connection

        try:
            LLMSession.objects.update(title="Edited")
        finally:
            connection.close()

    recorder.record([usage("s", 1, second=0)])
    thread = threading.Thread(target=edit)
    thread.start()
    thread.join()

    recorder.record([usage("s", 2, second=1)])

    session = LLMSession.objects.get()
    assert (session.title, session.used_tokens) == ("Edited", 2)


def test_a_group_that_fails_leaves_nothing_and_the_next_is_right(
    recorder: Any, usage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.rows.pending import PendingRows
    from tracker.models import EventKey, LLMSession

    recorder.record([usage("s", 100, second=0)])
    with monkeypatch.context() as broken:
        broken.setattr(PendingRows, "write", fails)
        with pytest.raises(RuntimeError):
            recorder.record([usage("s", 190_000, second=1, event_id="e")])
    keys = EventKey.objects.count()

    (answer,) = recorder.record([usage("s", 163_000, second=1, event_id="e")])

    session = LLMSession.objects.get()
    assert keys == 1
    assert answer.is_duplicate is False
    assert [e.to_level for e in answer.events] == ["warning"]
    assert (session.sample_count, session.event_count) == (2, 1)


def fails(*_: Any, **__: Any) -> None:
    raise RuntimeError("the disk is full")
