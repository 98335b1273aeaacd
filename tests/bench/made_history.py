"""The rows of a made history: the same in every store and for every build.

Sessions lie one after the other over twelve weeks, so that their samples come in the
order of time; half of them in one project, as big installations have it. All that is
kept beside the samples (states, counts, sums) is as the writer would have left it:
`manage.py verify` finds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

SPAN = timedelta(days=84)
PROJECTS = 20
LONG = 100_000  # samples of the last session
AVAILABLE = 196_000
# The default policy's thresholds, and what they are reached at.
LEVELS = (("critical", 186_200), ("compress", 166_600), ("warning", 156_800))
SAMPLE_ROW = (
    "project_id", "session_id", "at", "event_id", "used_tokens", "history_tokens",
    "level",
)  # fmt: skip
SAMPLE_CONSTANTS = {
    "lane": "main", "model": "my-model", "system_tokens": 2_000,
    "user_context_tokens": 0, "tools_tokens": 0, "unattributed_tokens": 0,
    "window_tokens": 200_000, "window_source": "default",
    "available_tokens": AVAILABLE, "source": "counted", "parts_source": "counted",
    "origin": "api", "is_late": False, "is_clock_skewed": False, "implausible": "",
    "partial": "", "added": "",
}  # fmt: skip
KEY_ROW = ("session_id", "digest", "at", "project_id")


def level_of(used: int) -> str:
    if used < LEVELS[-1][1]:
        return "ok"
    return next(name for name, least in LEVELS if used >= least)


@dataclass(frozen=True, slots=True)
class Session:
    """`number` is its id. Its samples end at `last_at`, `every` apart."""

    number: int
    project_id: int
    samples: int
    last_at: datetime
    every: timedelta

    @property
    def final(self) -> int:
        return 22_000 + self.number * 7_919 % 168_000

    def sample(self, n: int) -> tuple[Any, ...]:
        """The values of SAMPLE_ROW of its sample `n`."""
        left = self.samples - 1 - n
        used = self.final - (self.final - 20_000) * left // max(1, self.samples - 1)
        return (
            self.project_id, self.number, self.last_at - self.every * left,
            f"{self.number:016x}{n:016x}", used, used - 2_000, level_of(used),
        )  # fmt: skip

    def row(self) -> dict[str, Any]:
        newest = self.sample(self.samples - 1)
        level, first = newest[6], self.sample(0)[2]
        return {
            "id": self.number, "project_id": self.project_id,
            "key": f"session-{self.number}", "title": f"Made session {self.number}",
            "metadata": json.dumps({
                "team": f"team-{self.number % 40}", "user": f"user-{self.number % 900}",
                "host": f"host-{self.number % 3_000}",
            }),
            "origin": "api", "event_count": int(level != "ok"), "compression_count": 0,
            "saved_tokens": 0, "created_at": first, "changed_us": self.number,
            "model": "my-model", "used_tokens": newest[4], "system_tokens": 2_000,
            "history_tokens": newest[5], "user_context_tokens": 0, "tools_tokens": 0,
            "unattributed_tokens": 0, "source": "counted", "parts_source": "counted",
            "window_tokens": 200_000, "window_source": "default",
            "available_tokens": AVAILABLE, "policy_name": "default",
            "used_ratio": newest[4] / AVAILABLE, "level": level, "event_level": level,
            "first_at": first, "last_at": self.last_at, "sample_count": self.samples,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """`sessions` of `samples` together, and one of LONG samples."""

    sessions: int
    samples: int
    projects: list[int]
    now: datetime

    def __iter__(self) -> Iterator[Session]:
        each = self.samples // self.sessions
        for number in range(1, self.sessions + 1):
            ago = SPAN * (1 - number / self.sessions)
            yield Session(
                number, self._project(number), each,
                self.now - timedelta(hours=1) - ago, timedelta(minutes=1),
            )  # fmt: skip
        yield Session(
            self.sessions + 1, self.projects[0], LONG, self.now, timedelta(seconds=6)
        )

    def _project(self, number: int) -> int:
        """Half in the first, 0.8 % in each of ten, the rest in the other nine."""
        place = number * 7 % 1_000
        if place < 500:
            return self.projects[0]
        if place < 580:
            return self.projects[1 + (place - 500) // 8]
        return self.projects[11 + (place - 580) % 9]

    def events(self) -> Iterator[dict[str, Any]]:
        """One of each session that is not at "ok": at its newest sample."""
        seqs = dict.fromkeys(self.projects, 0)
        for session in self:
            newest = session.sample(session.samples - 1)
            if newest[6] != "ok":
                seqs[session.project_id] += 1
                yield {
                    "project_id": session.project_id, "session_id": session.number,
                    "seq": seqs[session.project_id], "at": newest[2],
                    "from_level": "ok", "to_level": newest[6],
                    "used_tokens": newest[4], "available_tokens": AVAILABLE,
                    "policy_name": "default", "event_id": newest[3],
                }  # fmt: skip


def samples_of(
    session: Session, time: Callable[[datetime], str]
) -> Iterator[tuple[Any, ...]]:
    """All its samples, with their times as text."""
    for n in range(session.samples):
        project, number, at, *rest = session.sample(n)
        yield (project, number, time(at), *rest)


def digest_of(event_id: str) -> bytes:
    """As the writer keys a usage report (tracker/ingest/rows/event_keys.py)."""
    key = f"usage\0{event_id}".encode()
    return blake2b(key, digest_size=16, usedforsecurity=False).digest()
