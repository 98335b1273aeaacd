"""Deletes a project as a job: it is begun by a request, and done by a thread that goes
on after a restart.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.deletion import Collector
from django.utils import timezone

from tracker.changes.audit import audit
from tracker.ingest.repeating import RepeatingThread, rest
from tracker.models import (
    AlertDelivery,
    ApiKey,
    Compression,
    CompressionComposition,
    CompressionText,
    ConfigVersion,
    EventKey,
    GatewayCall,
    HourlyRollup,
    PackedKeys,
    Project,
    StoredCut,
    ThresholdEvent,
    UsageSample,
)
from tracker.reading.sessions.listing.lists import kept_counts
from tracker.upkeep.erasing import (
    BATCH,
    BATCH_TEXTS,
    LONGEST_PAUSE,
    SESSIONS,
    Eraser,
    sessions_of,
)

EVERY_SECONDS = 2.0
logger = logging.getLogger(__name__)


@transaction.atomic
def begin_deletion(project: Project, *, user: Any = None) -> None:
    """From now on it takes no reports: its keys are revoked. Twice is as once."""
    begun = Project.objects.filter(pk=project.pk, deletion_began_at=None)
    if not begun.update(deletion_began_at=timezone.now()):
        return
    ApiKey.objects.filter(project=project, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    ConfigVersion.bump()
    count = sum(kept_counts(Project.objects.filter(pk=project.pk)).values())
    audit(
        "project_deleted",
        target=project.slug,
        detail=f"{project.name}: {count:,} sessions",
        user=user,
    )


def finish_deletion(
    project: Project,
    *,
    pause: Callable[[float], None] = time.sleep,
    note: Callable[[str, int, float], None] = lambda *_: None,
) -> None:
    """Delete all that belongs to it, in small transactions, and then its row. Call
    outside a transaction. Ended anywhere, it is finished by the next call.
    """
    erase = Eraser(note=note, pause=pause)
    told = AlertDelivery.objects.filter(project=project)
    erase.rows("alerts", told, "pk", BATCH)
    # A report that was under way may have made a session again.
    while _erase_sessions(erase, project):
        pass
    calls = GatewayCall.objects.filter(project=project)  # those of no session
    erase.rows("GatewayCall", calls, "pk", BATCH)
    erase.rows("hours", HourlyRollup.objects.filter(project=project), "hour", BATCH)
    began = time.perf_counter()
    with transaction.atomic():
        _delete_row(project)
        ConfigVersion.bump()
    seconds = time.perf_counter() - began
    note("project", 1, seconds)
    pause(min(seconds, LONGEST_PAUSE))  # another project may be next


def _erase_sessions(erase: Eraser, project: Project) -> int:
    """Those that there are; answers how many."""
    count = 0
    emptied: list[int] = []
    for ids in erase.groups(sessions_of(project)):
        count += len(ids)
        texts = CompressionText.objects.filter(compression__session__in=ids)
        erase.rows("texts", texts, "pk", BATCH_TEXTS)
        filled = CompressionComposition.objects.filter(compression__session__in=ids)
        erase.rows("compositions", filled, "pk", BATCH_TEXTS)
        erase.rows("cuts", StoredCut.objects.filter(session__in=ids), "pk", BATCH_TEXTS)
        erase.of_sessions("samples", UsageSample, ids, Q())
        facts: tuple[Any, ...] = (ThresholdEvent, Compression, GatewayCall)
        for model in facts:
            rows = model.objects.filter(session__in=ids)
            erase.rows(model.__name__, rows, "pk", BATCH)
        erase.of_sessions("keys", EventKey, ids, Q())
        erase.of_sessions("packed keys", PackedKeys, ids, Q())
        emptied += ids
        if len(emptied) >= SESSIONS:
            erase.sessions(emptied, project=project, since=None)
            emptied = []
    erase.sessions(emptied, project=project, since=None)
    return count


def _delete_row(project: Project) -> None:
    """Its row, and what hangs on it. Samples went with their sessions: they have no
    index by project, and a search through ten million took seconds.
    """
    collector = _WithoutSamples(using=connection.alias, origin=project)
    collector.collect([project])
    collector.delete()


class _WithoutSamples(Collector):
    def related_objects(
        self, related_model: Any, related_fields: Any, objs: Any
    ) -> Any:
        found = super().related_objects(related_model, related_fields, objs)
        by_project = [field.name for field in related_fields] == ["project"]
        return found.none() if related_model is UsageSample and by_project else found


def delete_project(project: Project, *, user: Any = None) -> None:
    """Both at once, without pauses: for commands."""
    begin_deletion(project, user=user)
    finish_deletion(project, pause=lambda _: None)


class Stopped(Exception):
    """The server stops."""


class DeletionKeeper(RepeatingThread):
    """A thread of the server that finishes deletions that any process began. Two
    processes may delete the same project: each deletes what is still there.
    """

    def __init__(self) -> None:
        super().__init__("deletion keeper")

    def step(self) -> float:
        try:
            try:
                for project in Project.objects.exclude(deletion_began_at=None):
                    finish_deletion(project, pause=self._pause)
            finally:
                rest()
        except DatabaseError as error:
            logger.warning("A project was not deleted completely yet: %s", error)
        except Stopped:
            pass
        except Exception:  # the thread must live
            logger.exception("A project was not deleted completely yet")
        return EVERY_SECONDS

    def _pause(self, seconds: float) -> None:
        """Raises Stopped where the server stops: the rest waits for its next start."""
        if self._stopped.wait(seconds):
            raise Stopped
