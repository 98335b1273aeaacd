"""What was lost and then needed: counted once the next compression tells what came."""

from __future__ import annotations

import logging
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from django.db import transaction
from django.db.models import Q

from tracker.domain.used_again import facts_used_again
from tracker.models import Compression, CompressionText
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
    text = CompressionText.objects.filter(compression=row).first()
    if text is None or not text.analysis or text.before is None:
        return False
    newer = Q(at__gt=row.at) | Q(at=row.at, pk__gt=row.pk)
    following = _of_lane(row).filter(newer).order_by("at", "pk").first()
    found = CompressionText.objects.filter(compression=following).first()
    if found is None or found.before is None:
        return False
    if text.analysis.get("unrelated_next") == found.pk:
        return False
    known = text.analysis.get("facts", [])
    try:
        facts = run_in_worker(
            facts_used_again, text.before, text.after or [], found.before, known
        )
    except BrokenProcessPool:
        # The compression is stored all the same; its page asks again.
        logger.exception("What was used again after compression %d", row.pk)
        return False
    if facts is None:
        # So that not every look at its page asks in vain.
        text.analysis = {**text.analysis, "unrelated_next": found.pk}
        text.save(update_fields=["analysis"])
        return False
    _store(row, text, facts)
    return True


def _of_lane(row: Compression) -> Any:
    # Advice replaced nothing: the conversation went on as if it had not been.
    return Compression.objects.filter(
        session=row.session_id, lane=row.lane, is_advice=False
    )


@transaction.atomic
def _store(
    row: Compression, text: CompressionText, facts: list[dict[str, Any]]
) -> None:
    again = sum(bool(fact["used_again"]) and not fact["is_kept"] for fact in facts)
    text.analysis = {**text.analysis, "facts": facts, "used_again": again}
    text.save(update_fields=["analysis"])
    row.used_again = again
    row.save(update_fields=["used_again"])
