"""Corrects what is counted here by what providers report, in the transaction.

A report with text and `usage` compares the two numbers, and the difference is kept.
A report with text alone is then estimated: the lane's last reported tokens plus what
was counted since. All others pass unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tracker.domain.counting.calibration import Anchor, Calibration
from tracker.domain.reports import MAX_TOKENS, Parts, UsageReport, attribute
from tracker.ingest.rows.of_session import rows_of_all
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.models.calibrations import (
    Comparison,
    LearntCalibration,
    calibrated_client,
    calibrated_model,
    calibrated_name,
)

CACHED_LANES = 20_000
LearntKey = tuple[int, str, str, str]  # project, model, counter, client
LaneKey = tuple[int, str]  # session, lane


@dataclass(frozen=True, slots=True)
class Compared:
    """A lane's last request that brought both numbers, as Comparison stores it."""

    model: str
    counter: str
    counted: Parts
    reported_tokens: int
    cached_tokens: int
    at: datetime
    is_anchor: bool
    client: str = ""

    def anchor_for(self, model: str, counter: str) -> Anchor | None:
        """None for another model or counter: it would have given other numbers."""
        if not self.is_anchor or (self.model, self.counter) != (model, counter):
            return None
        return Anchor(self.counted.total, self.reported_tokens)


class Calibrating:
    """The calibrations of one Recorder, kept in memory between its transactions. Use
    inside a transaction, from one thread.
    """

    def __init__(self) -> None:
        self._learnt: dict[LearntKey, Calibration] = {}
        self._lanes: dict[LaneKey, Compared | None] = {}
        self._loaded: set[int] = set()  # sessions whose lanes are in `_lanes`
        self._taught: set[LearntKey] = set()
        self._compared: dict[LaneKey, int] = {}  # and their projects
        self._group: Collection[SessionState] = ()

    def forget(self) -> None:
        """Call when another connection wrote, or the transaction failed."""
        self._learnt.clear()
        self._lanes.clear()
        self._loaded.clear()
        self._taught.clear()
        self._compared.clear()

    def begin(self, group: Collection[SessionState]) -> None:
        """The sessions of this transaction: those needed are read in one query."""
        self._group = group

    def correct(
        self,
        state: SessionState,
        report: UsageReport,
        *,
        model: str,
        at: datetime,
        is_late: bool,
    ) -> tuple[UsageReport, bool]:
        """The report as it is to be judged, and whether it was predicted from the
        lane's last report. A late one passes unchanged.
        """
        counted = report.counted
        if counted is None or is_late or not counted.total:
            return report, False
        model, counter = calibrated_model(model), calibrated_name(report.counter)
        client = calibrated_client(report.origin, report.client)
        key = (state.project_id, model, counter, client)
        last = self._last(state, report.lane)
        anchor = last.anchor_for(model, counter) if last else None
        if report.source == "reported":
            if counter:
                self._learn(key, anchor, counted.total, report.used_tokens)
            self._note(state, report, counted, key=key, at=at)
            return report, False
        calibration = self._calibration(key)
        calibration = calibration.anchored_at(anchor)
        if not calibration.can_predict:
            return report, False
        used = min(calibration.predict(counted.total), MAX_TOKENS)
        predicted = replace(
            report,
            used_tokens=used,
            parts=attribute(used, counted),
            source="estimated",
        )
        return predicted, anchor is not None

    def compressed(self, state: SessionState, lane: str, at: datetime) -> None:
        """After a compression the lane's last report predicts nothing any more."""
        last = self._last(state, lane)
        if last is not None and last.is_anchor and last.at <= at:
            self._lanes[state.id, lane] = replace(last, is_anchor=False)
            self._compared[state.id, lane] = state.project_id

    def write(self) -> None:
        """Store what was learnt; nothing to do where no report brought both."""
        if self._taught:
            self._write_learnt()
        if self._compared:
            self._write_lanes()
        if len(self._loaded) > CACHED_LANES:
            self._lanes.clear()
            self._loaded.clear()

    def _learn(
        self, key: LearntKey, anchor: Anchor | None, estimate: int, reported: int
    ) -> None:
        calibration = self._calibration(key).anchored_at(anchor)
        self._learnt[key] = calibration.update(estimate, reported)
        self._taught.add(key)

    def _note(
        self,
        state: SessionState,
        report: UsageReport,
        counted: Parts,
        *,
        key: LearntKey,
        at: datetime,
    ) -> None:
        _, model, counter, client = key
        cached = (report.cache_read_tokens or 0) + (report.cache_creation_tokens or 0)
        lane = (state.id, report.lane)
        self._lanes[lane] = Compared(
            model, counter, counted, report.used_tokens, cached, at, True, client
        )
        self._compared[lane] = state.project_id

    def _calibration(self, key: LearntKey) -> Calibration:
        found = self._learnt.get(key)
        if found is None:
            project_id, model, counter, client = key
            row = LearntCalibration.objects.filter(
                project_id=project_id, model=model, counter=counter, client=client
            ).first()
            found = self._learnt[key] = row.calibration() if row else Calibration()
        return found

    def _last(self, state: SessionState, lane: str) -> Compared | None:
        if state.id not in self._loaded:
            known = [s for s in self._group if not s.is_new]
            self._read([s for s in known if s.id not in self._loaded])
            self._loaded.update(s.id for s in self._group)
        return self._lanes.get((state.id, lane))

    def _read(self, sessions: Sequence[SessionState]) -> None:
        if not sessions:
            return
        for row in rows_of_all(Comparison, sessions):
            self._lanes[row.session_id, row.lane] = Compared(
                row.model,
                row.counter,
                row.counted,
                row.reported_tokens,
                row.cached_tokens,
                row.at,
                row.is_anchor,
                row.client,
            )

    def _write_learnt(self) -> None:
        """Written in the order of their keys, so that two writers cannot deadlock. Of
        two that learnt the same key the later one's state stays: it is a statistic.
        """
        now = datetime.now(UTC)
        rows = [
            LearntCalibration(
                project_id=key[0],
                model=key[1],
                counter=key[2],
                client=key[3],
                state=self._learnt[key].state(),
                updated_at=now,
            )
            for key in sorted(self._taught)
        ]
        self._taught.clear()
        LearntCalibration.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["project", "model", "counter", "client"],
            update_fields=["state", "updated_at"],
        )

    def _write_lanes(self) -> None:
        rows = [
            _row(project_id, lane, compared)
            for lane, project_id in sorted(self._compared.items())
            if (compared := self._lanes.get(lane)) is not None
        ]
        self._compared.clear()
        Comparison.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["project_id", "session", "lane"],
            update_fields=UPDATED,
        )


UPDATED = [
    "model",
    "counter",
    "client",
    "system_tokens",
    "history_tokens",
    "user_context_tokens",
    "tools_tokens",
    "reported_tokens",
    "cached_tokens",
    "at",
    "is_anchor",
]


def _row(project_id: int, lane: LaneKey, compared: Compared) -> Comparison:
    counted = compared.counted
    return Comparison(
        project_id=project_id,
        session_id=lane[0],
        lane=lane[1],
        model=compared.model,
        counter=compared.counter,
        client=compared.client,
        system_tokens=counted.system,
        history_tokens=counted.history,
        user_context_tokens=counted.user_context,
        tools_tokens=counted.tools,
        reported_tokens=compared.reported_tokens,
        cached_tokens=compared.cached_tokens,
        at=compared.at,
        is_anchor=compared.is_anchor,
    )
