"""Reviews that follow: compressions of session files are stored first, and shown."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast

from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.compressing.compress import analyse, is_recorded
from tracker.ingest.compressing.used_again import count_for_previous, next_of, texts_of
from tracker.ingest.rows.alert_rows import write_reviewed
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.models import Compression, CompressionText, DueReview, Project
from tracker.workers.callers import (
    NotWorkedOut,
    WorkersAway,
    WorkersBusy,
    WorkTooLong,
    on_behalf_of,
    present_caller,
)
from tracker.workers.jobs.parsing import is_old
from tracker.workers.jobs.review import (
    StoredReview,
    StoredTexts,
    review_stored,
    texts_alone_of,
)
from tracker.workers.pool import run_in_worker
from tracker.workers.turns import STOPPING

logger = logging.getLogger(__name__)
BUSY_SECONDS = 1.0
TRIES = 3  # of a review that takes too long, in this process
MOST_AT_ONCE = 4  # reviews that a request waits for
LOOKED_AT = 50  # a random one of these, so that two processes seldom take the same
_too_long: Counter[int] = Counter()
_EVER = datetime.min.replace(tzinfo=UTC)
Report = UsageReport | CompressionReport


def readied(reports: Sequence[Report], project_id: int) -> list[Report]:
    """The reports of one request, compactions with their texts as they are stored.

    The newest MOST_AT_ONCE that an alert may wait for (not an hour old) are reviewed
    now, as are those of a project that redacts; all others when they are stored. A
    thousand reviews within a request took minutes.
    """
    ready = list(reports)
    told = [
        (place, report)
        for place, report in enumerate(reports)
        if isinstance(report, CompressionReport) and report.before is not None
    ]
    if not told:
        return ready
    keeping = keeping_of(project_id)
    now = [each for each in told if keeping.mode != "yes" or not is_old(each[1])]
    now = sorted(now, key=lambda each: each[1].at or _EVER)[-MOST_AT_ONCE:]
    waited_for = {place for place, _ in now}
    later = [each for each in told if each[0] not in waited_for]
    try:
        if later:
            found = run_in_worker(texts_alone_of, [r for _, r in later], keeping)
            for (place, _), report in zip(later, found, strict=True):
                ready[place] = report
        for place, report in now:
            if not is_recorded(project_id, report):
                ready[place] = analyse(report, project_id)
    except (WorkersAway, WorkTooLong):
        # A refusal would bring the same compaction again and again, and hold up all
        # that come after it.
        logger.exception("Compactions are stored without a review")
    return ready


def count_due(project_id: int) -> int:
    return DueReview.objects.filter(project=project_id).count()


def review_newest(project_id: int, stop: threading.Event) -> bool | None:
    """Review the newest compression of this project whose review is due.

    None where none is due, or `stop` was set; False for one that stays without a
    review, because its worker was killed or took too long TRIES times. Takes up to a
    second.
    """
    newest = DueReview.objects.filter(project=project_id).order_by(
        "-text__compression__at", "-pk"
    )
    return _review(newest.values_list("pk", flat=True).first(), stop)


def review_any(stop: threading.Event) -> bool | None:
    """The same for one of those that wait longest in any project. First a project is
    drawn: an import of ten thousand compactions must not hold up another one's two.
    """
    due = Exists(DueReview.objects.filter(project=OuterRef("pk")))
    projects = list(Project.objects.filter(due).values_list("pk", flat=True))
    if not projects:
        return None
    drawn = random.choice(projects)  # noqa: S311  # no secret
    waiting = DueReview.objects.filter(project=drawn).order_by("pk")
    found = list(waiting.values_list("pk", flat=True)[:LOOKED_AT])
    return _review(random.choice(found) if found else None, stop)  # noqa: S311  # no secret


def _review(pk: int | None, stop: threading.Event) -> bool | None:
    if pk is None or stop.is_set():
        return None
    try:
        review_due(pk)
        _too_long.pop(pk, None)
        return True  # also if somebody opened its page, which reviews it
    except WorkersBusy:
        return None if stop.wait(BUSY_SECONDS) else True
    except WorkersAway as error:
        if stop.is_set() or str(error) == STOPPING:
            return None
        return _give_up(pk, error)
    except WorkTooLong as error:
        # On a machine that did much else, one of a second took 30: it is tried again.
        _too_long[pk] += 1
        if _too_long[pk] < TRIES:
            logger.warning("The review of compression %d is tried again: %s", pk, error)
            return True
        return _give_up(pk, error)
    except NotWorkedOut as error:
        return _give_up(pk, error)


def review_due(compression_id: int) -> bool:
    """Review this compression, if its review is due. Raises NotWorkedOut.

    What it lost and what was then used again are stored together, as who looks at it
    would count them.
    """
    found = _texts(compression_id)
    if found is None:
        return False
    project_id, texts = found
    with on_behalf_of(replace(present_caller(), project=project_id)):
        _store(compression_id, run_in_worker(review_stored, texts))
        # Stored already when this one came (its file grew while nobody read it).
        count_for_previous(compression_id)
    return True


def review_looked_at(compression_id: int) -> bool:
    """The same for who looks at it; False also where no worker could answer now."""
    try:
        return review_due(compression_id)
    except NotWorkedOut:
        logger.exception("The review of compression %d waits", compression_id)
        return False


def _give_up(pk: int, error: NotWorkedOut) -> bool:
    _too_long.pop(pk, None)
    logger.error("Compression %d stays without a review: %s", pk, error)
    with transaction.atomic():
        DueReview.objects.filter(pk=pk).delete()
        Compression.objects.filter(pk=pk).update(is_reviewable=False)
    return False


def _texts(pk: int) -> tuple[int, StoredTexts] | None:
    """With its project's id."""
    found = DueReview.objects.filter(pk=pk).values(
        summary=Cast("text__summary", TextField()),
        before=Cast("text__before", TextField()),
        after=Cast("text__after", TextField()),
    )
    text = found.first()
    if text is None:
        return None
    row = Compression.objects.get(pk=pk)
    following = next_of(row)
    came = None
    if following is not None:
        came = texts_of(following).exclude(before=None).first()
    return row.project_id, StoredTexts(
        text["before"],
        text["after"],
        text["summary"],
        row.before_tokens,
        row.after_tokens,
        row.target_tokens,
        None if came is None else came["before_json"],
        0 if following is None else following.pk,
    )


@transaction.atomic
def _store(pk: int, found: StoredReview) -> None:
    """Store the review, unless another process did, or the texts were deleted."""
    deleted, _ = DueReview.objects.filter(pk=pk).delete()
    words = found.words
    if not deleted:
        return
    if words is None:
        Compression.objects.filter(pk=pk).update(is_reviewable=False)
        return
    with (
        connection.cursor() as cursor
    ):  # as text: a JSONField would encode it a second time
        cursor.execute(
            f"UPDATE {CompressionText._meta.db_table} SET analysis = %s "  # noqa: S608 - a table name of ours
            "WHERE compression_id = %s",
            [words.analysis, pk],
        )
    figures = {
        "score": words.score,
        "facts_kept": words.facts_kept,
        "facts_lost": words.facts_lost,
        "verdicts": list(words.verdicts),
        "is_reviewable": words.score is not None,
    }
    if found.used_again is not None:
        figures["used_again"] = found.used_again
    Compression.objects.filter(pk=pk).update(**figures)
    write_reviewed(pk, words.analysis)
