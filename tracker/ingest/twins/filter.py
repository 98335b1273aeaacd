"""Leaves out a call that another way has reported already, in a request of its own.

Twins within one request are found by the source. Here a report is compared with stored
samples, and with what this process took in during the last REMEMBERED_SECONDS: two ways
report within milliseconds of each other.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right, insort_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Replaced
from tracker.ingest.twins.alike_samples import alike_samples, is_grouped_by_trace

AreTwins = Callable[[UsageReport, UsageReport], bool]
REMEMBERED_SECONDS = 30.0
ASKED_AT_ONCE = 500  # reports in one query
MOST_ALIKE = 64  # calls of one model and number of tokens that one is compared with
NO_TRACES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Sifted:
    """A report that counts. `replaces` is the same call, stored before its session or
    its model was known: it is removed when this one is stored.
    """

    report: UsageReport | CompressionReport
    replaces: Replaced | None = None


class TwinFilter:
    """Thread-safe. `are_twins` is the source's rule, `window` how far it looks; it
    only holds between reports of an equal `key_of`.
    """

    def __init__(
        self,
        are_twins: AreTwins,
        window: timedelta,
        *,
        key_of: Callable[[UsageReport], Hashable],
    ) -> None:
        self._are_twins = are_twins
        self._window = window
        self._key_of = key_of
        self._lock = threading.Lock()
        self._recent = _Recent()

    def sift(
        self,
        project_id: int,
        reports: Sequence[UsageReport],
        *,
        traces: Mapping[str, str] = NO_TRACES,
        gone: Collection[Replaced] = (),
    ) -> list[Sifted]:
        """The reports whose call is not known by another id yet. Queries.

        `traces` says the trace of an event id: one sent before may have been grouped
        by it. Nothing is a twin of what is `gone`.
        """
        keys = [self._key_of(report) for report in reports]
        stored = self._stored(project_id, reports, traces)
        kept = []
        with self._lock:
            self._recent.forget_old()
            for report, key in zip(reports, keys, strict=True):
                found = self._sift_one(project_id, report, key, stored, gone)
                if found is not None:
                    kept.append(found)
                    self._recent.add((project_id, key), report)
        return kept

    def moved(self, project_id: int, before: UsageReport, now: UsageReport) -> None:
        """A known report is stored elsewhere: twins of it belong there, too."""
        with self._lock:
            self._recent.remove((project_id, self._key_of(before)), before)
            self._recent.add((project_id, self._key_of(now)), now)

    def forget_all(self) -> None:
        """For tests, whose database begins anew."""
        self._recent = _Recent()

    def _sift_one(
        self,
        project_id: int,
        report: UsageReport,
        key: Hashable,
        stored: Mapping[Hashable, Sequence[UsageReport]],
        gone: Collection[Replaced],
    ) -> Sifted | None:
        place = (project_id, key)
        remembered = _near(self._recent.alike(place), report, self._window)
        # A remembered report is compared with its own metadata, not with its session's.
        others = [
            other
            for other in _near(stored.get(key, ()), report, self._window)
            if not self._recent.holds(place, other)
        ]
        same = [
            other
            for other in (*remembered, *others)
            if self._is_same_call(report, other)
            and Replaced(other.session, other.event_id or "") not in gone
        ]
        if not same:
            return Sifted(report)
        other = same[0]
        is_poorer = all(_gives_way(each, to=report) for each in same)
        if not is_poorer or other.event_id is None:
            return None
        self._recent.remove(place, other)
        return Sifted(report, Replaced(other.session, other.event_id))

    def _is_same_call(self, report: UsageReport, other: UsageReport) -> bool:
        if report.event_id == other.event_id:
            # Within one session the database knows a duplicate by its id. Of two
            # sessions one is the trace that stood for the other.
            return report.session != other.session and (
                is_grouped_by_trace(report) or is_grouped_by_trace(other)
            )
        is_one_place = report.session == other.session or (
            is_grouped_by_trace(report) or is_grouped_by_trace(other)
        )
        return is_one_place and self._are_twins(other, report)

    def _stored(
        self,
        project_id: int,
        reports: Sequence[UsageReport],
        traces: Mapping[str, str],
    ) -> Mapping[Hashable, Sequence[UsageReport]]:
        """Stored samples like them, of their sessions or of their traces, in the order
        of their times.

        A report that is grouped by its trace names no session to look in: it is only
        compared with what came in the last seconds.
        """
        found: dict[Hashable, list[UsageReport]] = defaultdict(list)
        named = [r for r in reports if r.at and not is_grouped_by_trace(r)]
        for start in range(0, len(named), ASKED_AT_ONCE):
            asked = named[start : start + ASKED_AT_ONCE]
            for other in alike_samples(project_id, asked, traces, self._window):
                found[self._key_of(other)].append(other)
        for alike in found.values():
            alike.sort(key=_moment)
        return found


def _gives_way(other: UsageReport, *, to: UsageReport) -> bool:
    """Whether the report that is known of a call says less than the one that comes.

    A session named beats a trace; of two named, or two grouped, a model beats none.
    """
    if is_grouped_by_trace(other) != is_grouped_by_trace(to):
        return is_grouped_by_trace(other)
    return bool(to.model and not other.model)


def _moment(report: UsageReport) -> datetime:
    return report.at or datetime.min.replace(tzinfo=UTC)


def _near(
    alike: Sequence[UsageReport], report: UsageReport, window: timedelta
) -> Sequence[UsageReport]:
    """The nearest of `alike` (ordered by time) within the window, at most MOST_ALIKE:
    in a body of 1,000 equal calls each would else be compared with each.
    """
    if report.at is None:
        return alike[:MOST_ALIKE]
    middle = bisect_left(alike, report.at, key=_moment)
    first = bisect_left(alike, report.at - window, key=_moment)
    end = bisect_right(alike, report.at + window, key=_moment)
    half = MOST_ALIKE // 2
    return alike[max(first, middle - half) : min(end, middle + half)]


class _Recent:
    """What came during the last seconds, by project and key, ordered by time."""

    def __init__(self) -> None:
        self._order: deque[tuple[float, Hashable, UsageReport]] = deque()
        self._by_key: dict[Hashable, list[UsageReport]] = {}
        self._names: Counter[Hashable] = Counter()

    def add(self, key: Hashable, report: UsageReport) -> None:
        self._order.append((time.monotonic(), key, report))
        insort_right(self._by_key.setdefault(key, []), report, key=_moment)
        self._names[_name(key, report)] += 1

    def alike(self, key: Hashable) -> Sequence[UsageReport]:
        return self._by_key.get(key, ())

    def holds(self, key: Hashable, other: UsageReport) -> bool:
        return _name(key, other) in self._names

    def remove(self, key: Hashable, other: UsageReport) -> None:
        """Forget this report: a later look-alike is a new call."""
        alike = self._by_key.get(key, [])
        # Of reports with one time the first is the oldest, and is forgotten first.
        for place in range(bisect_left(alike, _moment(other), key=_moment), len(alike)):
            if alike[place] is other:
                del alike[place]
                self._forget_name(_name(key, other))
                break
            if alike[place].at != other.at:
                break
        if not alike:
            self._by_key.pop(key, None)

    def forget_old(self) -> None:
        oldest = time.monotonic() - REMEMBERED_SECONDS
        while self._order and self._order[0][0] < oldest:
            _, key, report = self._order.popleft()
            self.remove(key, report)

    def _forget_name(self, name: Hashable) -> None:
        self._names[name] -= 1
        if not self._names[name]:
            del self._names[name]


def _name(key: Hashable, report: UsageReport) -> Hashable:
    return key, report.session, report.event_id
