"""Codex' sub-agents: their telemetry names their own thread, as if it were a session.

One event says which thread started it. It comes before the thread's first request, at
times in an earlier body, or to another process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE, UsageReport
from tracker.ingest.arrivals import Replaced
from tracker.ingest.twins.filter import Sifted
from tracker.ingest.twins.late_names import stored_report
from tracker.models import LLMSession, SessionLane, UsageSample

REMEMBERED_THREADS = 10_000
SCOPE = "codex_otel.log_only"
# A sub-agent works beside its session: no other one's lanes are looked through.
_BESIDE = timedelta(hours=6)
_DEEPEST = 16  # sub-agents of sub-agents


class ThreadBook:
    """Puts a sub-agent's requests into the session above it, on the lane that its file
    has there: `agent-` and the thread's id. Thread-safe.

    It remembers what this process was told. Of a thread that it was told nothing of, it
    looks for the lane in the store: the file, or another process, may have made it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parents: OrderedDict[tuple[int, str], str] = OrderedDict()

    def learn(self, project_id: int, spawned: Mapping[str, str]) -> None:
        """`spawned` is thread by thread which one started it."""
        with self._lock:
            for child, parent in spawned.items():
                self._parents[project_id, child] = parent
            while len(self._parents) > REMEMBERED_THREADS:
                self._parents.popitem(last=False)

    def roots_of(self, project_id: int, threads: Iterable[str]) -> dict[str, str]:
        """The session above each of these threads, as far as this process knows."""
        found = {thread: self._root(project_id, thread) for thread in threads}
        return {thread: root for thread, root in found.items() if root != thread}

    def placed(
        self, project_id: int, reports: Sequence[UsageReport]
    ) -> tuple[list[UsageReport], dict[str, str]]:
        """The reports, those of sub-agents in the session above them, and the roots of
        these by their thread. A query for bodies of Codex.
        """
        told = [report for report in reports if _is_codex(report)]
        threads = {report.session for report in told}
        roots = self.roots_of(project_id, threads)
        unknown, times = threads - roots.keys(), [r.at for r in told if r.at]
        if unknown and times:
            roots |= _stored_roots(project_id, unknown, min(times))
        placed = [
            _at(report, roots[report.session])
            if _is_codex(report) and report.session in roots
            else report
            for report in reports
        ]
        return placed, roots

    def late_moves(self, project_id: int, roots: Mapping[str, str]) -> Iterator[Sifted]:
        """Stored calls of these threads that are in a session of their own, because
        they came before their parent was known. One query; two if there are any.
        """
        if not roots:
            return
        rows = LLMSession.objects.filter(project_id=project_id, key__in=list(roots))
        found = {row.pk: row for row in rows.only("pk", "key", "metadata")}
        if not found:
            return
        samples = UsageSample.objects.filter(
            project_id=project_id, session_id__in=list(found), origin="otlp"
        )
        for sample in samples.order_by("at", "pk"):
            row = found[sample.session_id]
            report = stored_report(sample, row.key, row.metadata)
            if _is_codex(report):
                before = Replaced(row.key, sample.event_id)
                yield Sifted(_at(report, roots[row.key]), before)

    def forget_all(self) -> None:
        """For tests, whose database begins anew."""
        with self._lock:
            self._parents.clear()

    def _root(self, project_id: int, thread: str) -> str:
        with self._lock:
            for _ in range(_DEEPEST):
                above = self._parents.get((project_id, thread))
                if above is None:
                    break
                thread = above
        return thread


def _is_codex(report: UsageReport) -> bool:
    is_its = (report.metadata or {}).get("scope") == SCOPE
    return is_its and report.lane == MAIN_LANE


def _at(report: UsageReport, root: str) -> UsageReport:
    return replace(report, session=root, lane=agent_lane(report.session), title="")


def _stored_roots(
    project_id: int, threads: Collection[str], at: datetime
) -> dict[str, str]:
    """The sessions that have a lane of one of these threads."""
    names = {agent_lane(thread): thread for thread in threads}
    lanes = SessionLane.objects.filter(
        project_id=project_id,
        name__in=list(names),
        session__project_id=project_id,
        session__last_at__gte=at - _BESIDE,
    )
    found = lanes.values_list("name", "session__key")
    return {names[name]: key for name, key in found if key != names[name]}
