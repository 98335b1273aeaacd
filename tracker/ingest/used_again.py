"""What was lost and then needed: counted once the next compression tells what came."""

from __future__ import annotations

import logging
from concurrent.futures.process import BrokenProcessPool

from django.db import connection, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.models import Compression, CompressionText
from tracker.summarisers.again_work import UsedAgain, find_used_again
from tracker.summarisers.workers import run_in_worker

logger = logging.getLogger(__name__)


def count_for_previous(compression_id: int) -> bool:
    """Count for the compression before this one, of the same session and lane."""
    row = Compression.objects.filter(pk=compression_id).first()
    if row is None:
        return False
    earlier = Q(at__lt=row.at) | Q(at=row.at, pk__lt=row.pk)
    previous = _of_lane(row).filter(earlier).order_by("-at", "-pk").first()
    return previous is not None and count_for(previous)


def count_for(row: Compression) -> bool:
    """Count what was used again after this compression, and store it.

    False when it is known already, or when nothing tells what came after: the next
    compression has no messages, or goes on from other ones. Takes up to a second:
    the counting is done in a worker process.
    """
    if row.used_again is not None:
        return False
    newer = Q(at__gt=row.at) | Q(at=row.at, pk__gt=row.pk)
    following = _of_lane(row).filter(newer).order_by("at", "pk").first()
    if following is None or _is_unrelated(row, following):
        return False
    texts = _texts_of(row).exclude(analysis=None).exclude(before=None).first()
    came = _texts_of(following).exclude(before=None).first()
    if texts is None or came is None:
        return False
    try:
        found = run_in_worker(
            find_used_again,
            texts["analysis_json"],
            texts["before_json"],
            texts["after_json"],
            came["before_json"],
            following.pk,
        )
    except BrokenProcessPool:
        # The compression is stored all the same; its page asks again.
        logger.exception("What was used again after compression %d", row.pk)
        return False
    _store(row, found)
    return found.count is not None


def _of_lane(row: Compression) -> QuerySet[Compression]:
    # Advice replaced nothing: the conversation went on as if it had not been.
    return Compression.objects.filter(
        session=row.session_id, lane=row.lane, is_advice=False
    )


def _is_unrelated(row: Compression, following: Compression) -> bool:
    """Noted before, so that not every look at its page asks in vain."""
    noted = CompressionText.objects.filter(
        compression=row, analysis__unrelated_next=following.pk
    )
    return noted.exists()


def _texts_of(row: Compression) -> QuerySet[CompressionText, dict[str, str]]:
    """Its JSON as text: a worker reads it."""
    return CompressionText.objects.filter(compression=row).values(
        before_json=Cast("before", TextField()),
        after_json=Cast("after", TextField()),
        analysis_json=Cast("analysis", TextField()),
    )


@transaction.atomic
def _store(row: Compression, found: UsedAgain) -> None:
    # A JSONField would read and write the text once more.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {CompressionText._meta.db_table} SET analysis = %s "
            "WHERE compression_id = %s",
            [found.analysis, row.pk],
        )
    if found.count is not None:
        row.used_again = found.count
        row.save(update_fields=["used_again"])
