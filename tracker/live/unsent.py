"""What is news: brought by the layer or found in the store, and not sent before."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tracker.live import store
from tracker.live.news import encode
from tracker.models import LLMSession
from tracker.reading.policy_shelf import present_policies

SENT_REMEMBERED = 20_000
OVERLAP_US = 2_000_000  # rows of another process may commit out of order


class Unsent:
    """`uncounted` are the projects with news since their counts were read.

    Used by one at a time: by the hub, or by a thread for which the hub waits.
    """

    def __init__(self) -> None:
        self.uncounted: set[int] = set()
        self._news: list[dict[str, Any]] = []
        self._sent: OrderedDict[int, int] = OrderedDict()  # session -> changed_us
        self._sent_seqs: dict[int, set[int]] = {}  # project -> beyond the watermark
        self._seq: dict[int, int] = {}  # project -> all up to here was sent
        self._sessions: dict[int, int] = {}  # project -> how many it had
        self._changed_us = 0
        self._data_version: Any = None

    def start_here(self) -> None:
        """What the store holds now is no news."""
        newest = LLMSession.objects.order_by("-changed_us")
        self._changed_us = newest.values_list("changed_us", flat=True).first() or 0
        projects = store.projects()
        self._seq = {p.pk: p.last_seq for p in projects}
        self._sessions = {p.pk: store.session_count(p) for p in projects}
        self._sent_seqs, self._data_version = {}, None
        self._news, self.uncounted = [], set()

    def take(self) -> list[dict[str, Any]]:
        """From now on these count as sent."""
        taken, self._news = self._news, []
        return taken

    def add(self, news: list[dict[str, Any]]) -> None:
        """As far as the store has not already told of it: the layer's news of a commit
        may come after the tick that has read it.
        """
        for item in news:
            self._add(item)
        while len(self._sent) > SENT_REMEMBERED:
            self._sent.popitem(last=False)

    def has_gap(self) -> bool:
        """Whether a fact is there whose forerunner is not: facts go out in order, so
        that a reader who leaves knows by its last one what it has missed.
        """
        return any(
            max(sent, default=0) - self._seq.get(project, 0) > len(sent)
            for project, sent in self._sent_seqs.items()
        )

    def read_missed(self) -> None:
        """Add what the store holds beyond all this. Queries: call it in a thread."""
        version = store.data_version()
        if version is not None and version == self._data_version:
            return
        sessions, newest = store.changed_sessions(
            self._changed_us - (0 if version is not None else OVERLAP_US), self._sent
        )
        self._changed_us = max(self._changed_us, newest)
        budgets = store.budgets(sessions, present_policies())
        for session, message in zip(sessions, budgets, strict=True):
            self._add(_budget_news(session, message))
        for project in store.projects():
            self._read_missed_facts(project)
            count = store.session_count(project)
            if count < self._sessions.get(project.pk, 0):
                # Deleted or pruned, whichever process did it: no row is left to tell.
                self.uncounted.add(project.pk)
            self._sessions[project.pk] = count
        self._data_version = version

    def _read_missed_facts(self, project: Any) -> None:
        last = project.last_seq
        seq = self._seq.setdefault(project.pk, last)
        sent = self._sent_seqs.setdefault(project.pk, set())
        while not all(number in sent for number in range(seq + 1, last + 1)):
            found = store.facts_after(project, seq, until=last)
            missed = [m for m in found if m["seq"] not in sent]
            self._put([_fact_news(project.pk, message) for message in missed])
            if len(found) < store.REPLAYED:
                break
            seq = self._seq[project.pk] = found[-1]["seq"]
        self._seq[project.pk] = last
        sent.difference_update([number for number in sent if number <= last])

    def _add(self, item: dict[str, Any]) -> None:
        if item["kind"] == "budget":
            newest = self._sent.get(item["pk"], 0)
            self._sent[item["pk"]] = max(newest, item["changed_us"])
            self._sent.move_to_end(item["pk"])
            is_news = item["changed_us"] >= newest  # else it was overtaken
        else:
            project, seq = item["project_id"], item["seq"]
            sent = self._sent_seqs.setdefault(project, set())
            is_news = seq > self._seq.get(project, 0) and seq not in sent
            if is_news:
                sent.add(seq)
        if is_news:
            self._put([item])

    def _put(self, items: list[dict[str, Any]]) -> None:
        self._news += items
        self.uncounted.update(item["project_id"] for item in items)


def _budget_news(session: Any, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "budget",
        "project_id": session.project_id,
        "pk": session.pk,
        "lane": message["lane"],
        "changed_us": session.changed_us,
        "text": encode(message),
    }


def _fact_news(project_id: int, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": message["type"],
        "project_id": project_id,
        "pk": message["pk"],
        "lane": "main",
        "seq": message["seq"],
        "text": encode(message),
    }
