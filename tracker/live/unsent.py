"""What is news: brought by the layer or found in the database, and not sent before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from tracker.live import store
from tracker.live.news import GaugeMoved, News
from tracker.models import LLMSession, Project
from tracker.reading.policies.policy_shelf import present_policies

SENT_REMEMBERED = 20_000
OVERLAP_US = 2_000_000  # rows of another process may commit out of order


class Unsent:
    """Gives each event and each compression out once, and a gauge only if it is not
    older than the one given out last.

    `uncounted` are the projects with news since their counts were read. Used by one at
    a time: by the hub, or by a thread for which the hub waits.
    """

    def __init__(self) -> None:
        self.uncounted: set[int] = set()
        self._news: list[News] = []
        self._sent: OrderedDict[int, int] = OrderedDict()  # session -> changed_us
        self._sent_seqs: dict[int, set[int]] = {}  # project -> beyond `_seq`
        self._seq: dict[int, int] = {}  # project -> all up to here was sent
        self._sessions: dict[int, int] = {}  # project -> how many it had
        self._changed_us = 0
        self._data_version: Any = None

    def start_here(self) -> None:
        """What the database holds now is no news. Queries."""
        newest = LLMSession.objects.order_by("-changed_us")
        self._changed_us = newest.values_list("changed_us", flat=True).first() or 0
        projects = store.projects()
        self._seq = {p.pk: p.last_seq for p in projects}
        self._sessions = {p.pk: store.session_count(p) for p in projects}
        self._sent_seqs, self._data_version = {}, None
        self._news, self.uncounted = [], set()

    def take(self) -> list[News]:
        """What is to be sent. From now on it counts as sent."""
        taken, self._news = self._news, []
        return taken

    def add(self, news: list[News]) -> None:
        """Add what was not sent before. The news of a commit may come after the tick
        that has read that commit from the database.
        """
        for item in news:
            self._add(item)
        while len(self._sent) > SENT_REMEMBERED:
            self._sent.popitem(last=False)

    def has_gap(self) -> bool:
        """Whether a `seq` is waiting and the one before it is missing: 7 is here, 6 is
        not. Sent out of order, a reader that reconnects after 7 would never get 6.
        """
        return any(
            max(sent, default=0) - self._seq.get(project, 0) > len(sent)
            for project, sent in self._sent_seqs.items()
        )

    def read_missed(self) -> None:
        """Add rows that other processes wrote. Makes queries: call it in a thread."""
        version = store.data_version()
        if version is not None and version == self._data_version:
            return
        sessions, newest = store.changed_sessions(
            self._changed_us - (0 if version is not None else OVERLAP_US), self._sent
        )
        self._changed_us = max(self._changed_us, newest)
        for gauge in store.gauges(sessions, present_policies()):
            self._add(gauge)
        for project in store.projects():
            self._read_missed_numbers(project)
            count = store.session_count(project)
            if count < self._sessions.get(project.pk, 0):
                # Sessions were deleted or pruned. They left no changed row, so without
                # this open pages would keep counting them.
                self.uncounted.add(project.pk)
            self._sessions[project.pk] = count
        self._data_version = version

    def _read_missed_numbers(self, project: Project) -> None:
        last = project.last_seq
        seq = self._seq.setdefault(project.pk, last)
        sent = self._sent_seqs.setdefault(project.pk, set())
        while not all(number in sent for number in range(seq + 1, last + 1)):
            found = store.numbered_after(project, seq, until=last)
            self._put([news for news in found if news.seq not in sent])
            if len(found) < store.REPLAYED:
                break
            seq = self._seq[project.pk] = found[-1].seq
        self._seq[project.pk] = last
        sent.difference_update([number for number in sent if number <= last])

    def _add(self, item: News) -> None:
        if isinstance(item, GaugeMoved):
            session = item.head.pk
            newest = self._sent.get(session, 0)
            self._sent[session] = max(newest, item.changed_us)
            self._sent.move_to_end(session)
            is_news = item.changed_us >= newest  # else it was overtaken
        else:
            sent = self._sent_seqs.setdefault(item.project_id, set())
            is_news = item.seq > self._seq.get(item.project_id, 0)
            is_news = is_news and item.seq not in sent
            if is_news:
                sent.add(item.seq)
        if is_news:
            self._put([item])

    def _put(self, items: Sequence[News]) -> None:
        self._news += items
        self.uncounted.update(item.project_id for item in items)
