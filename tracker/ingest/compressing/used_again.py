"""Facts that a compression lost and the conversation then needed.

They are counted once the next compression brings the messages that followed.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.domain.conversation.text.text_repair import repair_data
from tracker.models import Compression, CompressionText
from tracker.workers.callers import NotWorkedOut
from tracker.workers.jobs.used_again import UsedAgain, find_used_again
from tracker.workers.pool import run_in_worker

logger = logging.getLogger(__name__)
UNTIL_NOW = 0  # in place of the compression that has not followed yet


def count_for_previous(compression_id: int) -> bool:
    """Count for the compression before this one, of the same session and lane.

    Only the number is stored, which lists show. Writing which facts they are would hold
    up the reports: they are part of a long text.
    """
    row = Compression.objects.filter(pk=compression_id).first()
    if row is None:
        return False
    earlier = Q(at__lt=row.at) | Q(at=row.at, pk__lt=row.pk)
    previous = _of_lane(row).filter(earlier).order_by("-at", "-pk").first()
    if previous is None:
        return False
    found = _found(previous, next_of(previous))
    if found is None or found.count is None:
        return False
    previous.used_again = found.count
    previous.save(update_fields=["used_again"])
    return True


def count_for(row: Compression) -> bool:
    """Count which facts were used again after this compression, and store them.

    For who looks at it. False when that is stored already, or when nothing tells what
    came after: the next compression has no messages, or goes on from other ones.
    """
    text = getattr(row, "text", None)
    following = next_of(row)
    if text is None or not text.analysis or following is None:
        return False
    if text.analysis.get("counted_with") == following.pk:
        return False
    found = _found(row, following)
    if found is None:
        return False
    _store(row, found)
    return found.count is not None


def count_until_now(
    *, project_id: int, session: str, lane: str, messages: list[dict[str, Any]] | str
) -> bool:
    """Count for the last compression of a lane whose messages since are known (as JSON
    or decoded). Should another one follow, it is counted again.
    """
    rows = Compression.objects.filter(
        project_id=project_id, session__key=session, lane=lane, is_advice=False
    )
    row = rows.order_by("-at", "-pk").first()
    if row is None or row.used_again is not None:
        return False
    came = messages
    if not isinstance(came, str):
        came = msgspec.json.encode(repair_data(came)).decode()
    found = _counted(row, came, following_pk=UNTIL_NOW)
    if found is None or found.count is None:
        return False
    _store(row, found)
    return True


def next_of(row: Compression) -> Compression | None:
    newer = Q(at__gt=row.at) | Q(at=row.at, pk__gt=row.pk)
    return _of_lane(row).filter(newer).order_by("at", "pk").first()


def _found(row: Compression, following: Compression | None) -> UsedAgain | None:
    """None where nothing tells."""
    if following is None:
        return None
    came = texts_of(following).exclude(before=None).first()
    if came is None:
        return None
    return _counted(row, came["before_json"], following_pk=following.pk)


def _counted(row: Compression, came: str, *, following_pk: int) -> UsedAgain | None:
    """Takes up to a second: a worker process counts."""
    texts = texts_of(row).exclude(analysis=None).exclude(before=None).first()
    if texts is None:
        return None
    try:
        return run_in_worker(
            find_used_again,
            texts["analysis_json"],
            texts["before_json"],
            texts["after_json"],
            came,
            following_pk,
        )
    except NotWorkedOut:
        # The compression is stored all the same; its page tries again.
        logger.exception("What was used again after compression %d", row.pk)
        return None


def _of_lane(row: Compression) -> QuerySet[Compression]:
    # Advice replaced nothing: the conversation went on as if it had not been.
    return Compression.objects.filter(
        session=row.session_id, lane=row.lane, is_advice=False
    )


def texts_of(row: Compression) -> QuerySet[CompressionText, Any]:
    """Its JSON as text: a worker reads it."""
    return CompressionText.objects.filter(compression=row).values(
        before_json=Cast("before", TextField()),
        after_json=Cast("after", TextField()),
        analysis_json=Cast("analysis", TextField()),
    )


@transaction.atomic
def _store(row: Compression, found: UsedAgain) -> None:
    # As text: a JSONField would parse and encode it a second time.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {CompressionText._meta.db_table} SET analysis = %s "  # noqa: S608 - a table name of ours
            "WHERE compression_id = %s",
            [found.analysis, row.pk],
        )
    if found.count is not None:
        row.used_again = found.count
        row.save(update_fields=["used_again"])
