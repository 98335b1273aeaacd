"""Reviews that follow an import: the same as those made before, newest first."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.compression_words import Keeping
from tracker.domain.reports import CompressionReport

FIRST = [
    {"role": "user", "content": "Keep port 8123 open. See /srv/app/gate.py and E1042."},
    {"role": "assistant", "content": "The gate at /srv/app/gate.py opens port 8123."},
]
LEFT = [{"role": "user", "content": "Port 8123 stays open."}]
NAMED = "I do not know why /srv/app/gate.py says E1042."
SECOND = [*LEFT, {"role": "assistant", "content": NAMED}]
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def compaction(number: int, before: list[Any], after: list[Any]) -> CompressionReport:
    return CompressionReport(
        session="s", event_id=f"c{number}", at=BEGAN + timedelta(hours=number),
        before_tokens=5_000, after_tokens=900, before=before, after=after,
        origin="claude_code",
    )  # fmt: skip


def deferred(report: CompressionReport) -> CompressionReport:
    from tracker.workers.jobs.words import write_words

    words = write_words(Keeping(), before=report.before, after=report.after)
    words = replace(words, is_review_due=True)
    return replace(report, before=None, after=None, words=words)


BOTH = [compaction(1, FIRST, LEFT), compaction(2, SECOND, LEFT)]


@pytest.fixture
def record(project: Any) -> Any:
    from tracker.ingest.compressing.compress import record_together

    def send(*reports: CompressionReport) -> None:
        record_together(project_id=project.pk, api_key_id=None, reports=reports)

    return send


def rows() -> list[Any]:
    from tracker.models import Compression

    return list(Compression.objects.select_related("text").order_by("at"))


def figures(row: Any) -> list[Any]:
    return [row.score, row.facts_kept, row.facts_lost, row.used_again, row.verdicts]


def test_a_review_that_follows_is_the_one_that_would_have_been_made_before(
    record: Any, project: Any
) -> None:
    from tracker.ingest.compressing.compress import analyse
    from tracker.ingest.compressing.due_reviews import count_due, review_newest
    from tracker.ingest.compressing.used_again import count_for
    from tracker.models import Compression

    record(*(analyse(report, project.pk) for report in BOTH))
    count_for(rows()[0])
    before = [(figures(row), row.text.analysis) for row in rows()]
    Compression.objects.all().delete()
    from tracker.models import EventKey

    EventKey.objects.all().delete()

    record(*map(deferred, BOTH))
    assert [figures(row)[0] for row in rows()] == [None, None]
    assert count_due(project.pk) == 2
    stop = threading.Event()
    while review_newest(project.pk, stop) is not None:
        pass

    after = [(figures(row), row.text.analysis) for row in rows()]
    for (_, old), (_, new) in zip(before, after, strict=True):
        old.pop("counted_with", None), new.pop("counted_with", None)
    assert after == before
    assert rows()[0].used_again == 2  # the agent named E1042 and the file, untold
    assert count_due(project.pk) == 0


def test_the_newest_comes_first_and_a_stop_leaves_the_others(
    record: Any, project: Any
) -> None:
    from tracker.ingest.compressing.due_reviews import count_due, review_newest

    record(*map(deferred, BOTH))
    stop = threading.Event()

    assert review_newest(project.pk, stop) is True
    stop.set()
    assert review_newest(project.pk, stop) is None

    assert [row.score is None for row in rows()] == [True, False]
    assert count_due(project.pk) == 1


def test_its_page_does_not_wait_for_its_turn(record: Any) -> None:
    from tracker.ingest.compressing.due_reviews import review_looked_at

    record(*map(deferred, BOTH))
    first = rows()[0]

    assert review_looked_at(first.pk)
    assert not review_looked_at(first.pk)  # it is not due any more

    first.refresh_from_db()
    assert first.score is not None


def test_one_reviewed_meanwhile_is_not_counted_as_left_without(
    record: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody opens its page between the question what is due and its texts."""
    from tracker.ingest.compressing import due_reviews

    record(deferred(BOTH[0]))
    texts = due_reviews._texts

    def opened(pk: int) -> Any:
        monkeypatch.setattr(due_reviews, "_texts", texts)
        assert due_reviews.review_looked_at(pk)
        return texts(pk)

    monkeypatch.setattr(due_reviews, "_texts", opened)

    assert due_reviews.review_newest(project.pk, threading.Event()) is True


def test_one_that_kills_its_worker_is_given_up(
    record: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.management.dying_worker import dies
    from tracker.ingest.compressing import due_reviews

    monkeypatch.setattr(due_reviews, "review_stored", dies)
    record(deferred(BOTH[0]))

    assert rows()[0].is_reviewable
    assert due_reviews.review_newest(project.pk, threading.Event()) is False
    assert due_reviews.count_due(project.pk) == 0
    assert not rows()[0].is_reviewable  # the inbox does not wait for it for ever


def test_one_that_takes_too_long_is_tried_again_and_then_given_up(
    record: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that did much else needed 30 seconds for one of a second."""
    from tracker.ingest.compressing import due_reviews
    from tracker.workers.callers import WorkTooLong

    record(deferred(BOTH[0]), deferred(BOTH[1]))
    newest = rows()[1].pk
    works = due_reviews.run_in_worker
    slow: list[int] = []

    def starved(*args: Any) -> Any:
        slow.append(1)
        if len(slow) < due_reviews.TRIES:
            raise WorkTooLong("this took more than 30 seconds and was stopped")
        return works(*args)

    monkeypatch.setattr(due_reviews, "run_in_worker", starved)
    stop = threading.Event()

    answers = [due_reviews.review_newest(project.pk, stop) for _ in range(3)]

    assert answers == [True, True, True]
    assert rows()[1].score is not None and rows()[1].pk == newest

    def never(*_: Any) -> None:
        raise WorkTooLong("this took more than 30 seconds and was stopped")

    monkeypatch.setattr(due_reviews, "run_in_worker", never)
    answers = [due_reviews.review_newest(project.pk, stop) for _ in range(3)]

    assert answers == [True, True, False]
    assert due_reviews.count_due(project.pk) == 0
    assert not rows()[0].is_reviewable


def test_texts_that_are_deleted_take_the_review_with_them(
    record: Any, project: Any
) -> None:
    from tracker.ingest.compressing.due_reviews import count_due, review_newest
    from tracker.models import CompressionText

    record(deferred(BOTH[0]))
    CompressionText.objects.all().delete()

    assert count_due(project.pk) == 0
    assert review_newest(project.pk, threading.Event()) is None


def test_many_reviews_of_one_project_do_not_hold_up_anothers(
    record: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.compressing import due_reviews
    from tracker.ingest.compressing.compress import record_together
    from tracker.models import Project

    other = Project.objects.create(slug="other")
    record(*map(deferred, BOTH))
    mine = [deferred(compaction(3, FIRST, LEFT))]
    record_together(project_id=other.pk, api_key_id=None, reports=mine)
    drawn: list[list[int]] = []

    def last(found: list[int]) -> int:
        drawn.append(sorted(found))
        return max(found)

    monkeypatch.setattr(due_reviews.random, "choice", last)
    while due_reviews.review_any(threading.Event()) is not None:
        pass

    theirs, others, latest = (row.pk for row in rows())
    both = [project.pk, other.pk]
    assert drawn == [both, [latest], both[:1], [theirs, others], both[:1], [theirs]]


def test_workers_review_on_behalf_of_the_compressions_project(
    record: Any, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.compressing import due_reviews
    from tracker.workers.callers import WorkersBusy, present_caller

    record(deferred(BOTH[0]))
    asked = []

    def busy(*_: Any) -> None:
        asked.append(present_caller().project)
        raise WorkersBusy

    monkeypatch.setattr(due_reviews, "run_in_worker", busy)

    assert not due_reviews.review_looked_at(rows()[0].pk)
    assert asked == [project.pk]


def test_a_lost_instruction_of_this_hour_is_told_once_its_review_is_there(
    record: Any, project: Any
) -> None:
    from tracker.ingest.compressing.due_reviews import review_due, review_newest
    from tracker.models import AlertChannel, AlertDelivery, AlertRule

    channel = AlertChannel.objects.create(
        project=project, name="hook", kind="webhook", target="https://example.com/"
    )
    for kind in ("lost", "missed"):
        AlertRule.objects.create(project=project, name=kind, kind=kind, channel=channel)
    said = [{"role": "user", "content": "Never write to the production database."}]
    now = datetime.now(UTC)
    record(
        *(
            deferred(replace(compaction(n, said, LEFT), at=at, target_tokens=500))
            for n, at in enumerate((now, now - timedelta(hours=2)))
        )
    )

    def told() -> list[tuple[str, Any]]:
        found = AlertDelivery.objects.order_by("pk")
        return [(row.rule.kind, row.message["compression"]) for row in found]

    newest = rows()[1].pk
    assert told() == [("missed", newest)]  # that needs no review

    while review_newest(project.pk, threading.Event()) is not None:
        pass
    assert review_due(newest) is False

    assert told() == [("missed", newest), ("lost", newest)]
