"""A person's verdict on a compression."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from tracker.changes.alerts import tell_of_compression
from tracker.changes.audit import audit
from tracker.changes.values import change_said
from tracker.domain.conversation.text.visible_text import visible
from tracker.ingest.rows.alert_rows import write_flagged
from tracker.models import AlertChannel, AlertDelivery, Compression, LLMSession
from tracker.models.outgoing.alerts import load_rules

VERDICTS = ("pending", "accepted", "flagged")


class ReviewConflict(Exception):
    """Somebody else has reviewed it since. `present` is their verdict."""

    def __init__(self, present: str) -> None:
        super().__init__(f"the review is '{present}' by now")
        self.present = present


@transaction.atomic
def review_compression(
    *,
    compression_id: int,
    project_ids: Iterable[int],
    user: Any = None,
    verdict: str,
    note: str = "",
    expected: str | None = None,
) -> Compression:
    """Judge. Raises Compression.DoesNotExist outside these projects, ReviewConflict
    when `expected` is given and is not what stands, ValueError for other verdicts.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"review must be one of {', '.join(VERDICTS)}")
    rows = Compression.objects.filter(project__in=list(project_ids))
    # Locked by its project: a database distributed by project locks in one only.
    project_id = rows.values_list("project", flat=True).get(pk=compression_id)
    rows = Compression.objects.filter(project=project_id)
    compression = rows.select_for_update(of=("self",)).get(pk=compression_id)
    if expected is not None and compression.review != expected:
        raise ReviewConflict(compression.review)
    before = compression.review
    compression.review = verdict
    compression.review_note = note
    compression.reviewed_by = user
    compression.reviewed_at = None if verdict == "pending" else timezone.now()
    compression.save(
        update_fields=["review", "review_note", "reviewed_by", "reviewed_at"]
    )
    if verdict == "flagged":
        write_flagged(load_rules(), compression)
    # Marks the session as changed, so that the hub sends it to open pages.
    session = LLMSession.objects.filter(project=project_id, pk=compression.session_id)
    session.update(changed_us=time.time_ns() // 1000)
    audit(
        "review",
        target=f"compression {compression.pk}",
        project=compression.project,
        detail=change_said("Review", before, verdict),
        user=user,
    )
    return compression


@transaction.atomic
def tell_team(
    compression: Compression, *, said: str, number: int, user: Any = None
) -> int:
    """Put out a message about a lost instruction for each channel of the project that
    has none yet, and answer for how many. `said` stood in message `number`.
    """
    about = f"told {compression.pk} message {number}"
    told = AlertDelivery.objects.filter(project=compression.project, about=about)
    channels = AlertChannel.objects.filter(project=compression.project)
    count = tell_of_compression(
        compression,
        channels.exclude(pk__in=told.values("channel")),
        kind="told",
        about=about,
        said="the agent lost an instruction",
        text=f"Message {number} said: “{visible(said)}” The summary leaves it out.",
    )
    audit(
        "told",
        target=f"compression {compression.pk}",
        project=compression.project,
        detail=f"message {number} to {count} channels",
        user=user,
    )
    return count
