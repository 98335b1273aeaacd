"""Caches sums until something is reported, deleted or changed."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Max, Sum

from tracker.domain.budget.status import LEVELS
from tracker.models import ConfigVersion, LLMSession, Project

# A request may say a time 5 minutes ahead of ours, which is summed when it has come;
# and a transaction that began before may be committed behind a later one.
SETTLED_SECONDS = 310
Answer = TypeVar("Answer")


def present_version() -> Hashable:
    """Changes with each report, deletion, pruning and setting, and with the hour. None
    where reports came a moment ago. Three queries, by an index or of few rows.
    """
    newest = LLMSession.objects.aggregate(at=Max("changed_us"))["at"] or 0
    now = time.time()
    if now - newest / 1_000_000 < SETTLED_SECONDS:
        return None
    levels = {level: Sum(f"{level}_count") for level in LEVELS}
    sessions = tuple(Project.objects.aggregate(**levels).values())
    return newest, sessions, ConfigVersion.with_deletions(), int(now // 3600)


def resting_version(before: datetime) -> Hashable:
    """Changes when a session that was written last before that time is written anew or
    deleted, and with each pruning and setting. Two queries; one counts in an index.
    """
    resting = LLMSession.objects.filter(changed_us__lt=microseconds(before))
    return resting.count(), ConfigVersion.with_deletions()


def microseconds(at: datetime) -> int:
    """As `LLMSession.changed_us` counts."""
    return int(at.timestamp()) * 1_000_000


class Remembered:
    """Answers to the questions that were asked last, `most` of them, each as of a
    version. An answer is given as long as its version is the present one. Thread-safe;
    of those who ask the same at once, one works.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._turns: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(
        self,
        question: Hashable,
        version: Hashable,
        find: Callable[[], Answer],
        is_small: Callable[[Answer], bool] = bool,
    ) -> Answer:
        """`version` was read before: what comes meanwhile makes the answer old. None:
        nothing is remembered, nor where `is_small` refuses the answer.
        """
        if version is None:
            return find()
        with self._lock:
            turn = self._turns.setdefault(question, threading.Lock())
        with turn:
            try:
                with self._lock:
                    of, answer = self._kept.get(question, (None, None))
                    if of == version:
                        self._kept.move_to_end(question)
                        known: Answer = answer
                        return known
                found = find()
                with self._lock:
                    if is_small(found):
                        self._kept[question] = version, found
                        self._kept.move_to_end(question)
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
                return found
            finally:
                with self._lock:
                    self._turns.pop(question, None)

    def forget_all(self) -> None:
        with self._lock:
            self._kept.clear()


# What a page or an answer of the API shows: some hundred rows at most.
sums = Remembered(32)
