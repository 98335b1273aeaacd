"""Sends threshold events and compressions to the log collector of a setting."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone
from opentelemetry.util.re import parse_env_headers

from tracker.alerts.log_records import Row, logs_body
from tracker.alerts.sending import post
from tracker.ingest.repeating import RepeatingThread, rest
from tracker.models import Compression, LogExport, Project, ThresholdEvent

EVERY_SECONDS = 1.0
# After each failure in turn; the last one is repeated.
PAUSES = (5.0, 10.0, 30.0, 60.0)
# A process that dies while it sends leaves its claim; another one sends again then.
CLAIM = timedelta(minutes=1)
RECORDS = 200  # of one project in one request: about 150 KB
logger = logging.getLogger("tracker.logs")


class NotTaken(Exception):
    """The collector did not take a request; it is sent again."""


class LogKeeper(RepeatingThread):
    """A thread of the server. No report waits for it, and a collector that does not
    answer is asked again until it does: nothing is lost, also over a restart.
    """

    def __init__(self) -> None:
        super().__init__("log export")
        self._failures = 0

    def step(self) -> float:
        try:
            sent = export_logs(timezone.now())
        except (NotTaken, DatabaseError) as error:
            pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
            if not self._failures:
                logger.warning("Logs wait for the collector: %s", error)
            self._failures += 1
            return pause
        except Exception:  # the thread must live: later logs would wait for ever
            logger.exception("Logs were not sent this time")
            return PAUSES[-1]
        finally:
            rest()
        if self._failures:
            logger.warning("The collector takes logs again")
        self._failures = 0
        return 0.0 if sent else EVERY_SECONDS


def export_logs(now: datetime) -> int:
    """Send what each project has recorded since the last time, at most RECORDS of each;
    how many. Raises NotTaken, DatabaseError: then the rest waits.
    """
    _begin()
    behind = LogExport.objects.filter(seq__lt=F("project__last_seq"))
    sent = 0
    for export in behind.select_related("project").order_by("pk"):
        if _claim(export, now):
            sent += _send(export)
    return sent


def _begin() -> None:
    """Where each project's export begins. On the first run it skips the past, which may
    be years; a project that is made later is exported from its first event.
    """
    new = list(Project.objects.filter(logexport=None))
    if not new:
        return
    is_first = not LogExport.objects.exists()
    LogExport.objects.bulk_create(
        [LogExport(project=p, seq=p.last_seq if is_first else 0) for p in new],
        ignore_conflicts=True,
    )


def _claim(export: LogExport, now: datetime) -> bool:
    """Claim the export for CLAIM. False if another process has claimed it."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    same = LogExport.objects.filter(free, pk=export.pk, seq=export.seq)
    return bool(same.update(claimed_until=now + CLAIM))


def _send(export: LogExport) -> int:
    mine = LogExport.objects.filter(pk=export.pk)
    rows = _rows(export)
    # Deleted rows leave gaps. Without going up to the project's last number, a gap at
    # the end would be looked for again at each turn.
    is_all = len(rows) < RECORDS
    until = export.project.last_seq if is_all else rows[-1].seq
    try:
        if rows:
            _post(logs_body(export.project, rows))
    except BaseException:
        mine.update(claimed_until=None)
        raise
    mine.update(seq=until, claimed_until=None)
    return len(rows)


def _rows(export: LogExport) -> list[Row]:
    """The next ones in their order. Their numbers are given under the project's lock:
    no smaller one is committed later.
    """
    found: list[Row] = []
    for model in (ThresholdEvent, Compression):
        new = model.objects.filter(
            project=export.project_id,
            seq__gt=export.seq,
            seq__lte=export.project.last_seq,
        )
        found += new.select_related("session").order_by("seq")[:RECORDS]
    return sorted(found, key=lambda row: row.seq)[:RECORDS]


def _post(body: bytes) -> None:
    headers = {
        **parse_env_headers(settings.OTLP_LOGS_HEADERS, liberal=True),
        "Content-Type": "application/x-protobuf",
        "User-Agent": "token-budget",
    }
    try:
        status = post(settings.OTLP_LOGS, headers, body, is_operators=True)
    except Exception as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error
    if status == 400:
        # OTLP forbids to send such a request again; it would hold up all that follows.
        logger.error("The collector refused records as malformed: they are left out")
    elif not 200 <= status < 300:
        raise NotTaken(f"it answered {status}")
