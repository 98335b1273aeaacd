"""What the server has compressed of a program's conversations, by session.

The server answers with a cut: how many of the messages it will replace by the same ones
from now on. A later call needs to send only what follows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from tracker.client.json_bodies import to_json

MOST_SESSIONS = 32


@dataclass(frozen=True, slots=True)
class KnownCut:
    """`messages` replace the first `count` messages that the program gives; `digest` is
    of the replaced ones.
    """

    id: str
    count: int
    digest: bytes | None
    messages: list[Any]

    def in_front_of(self, given: Sequence[Any]) -> list[Any]:
        """The messages to send in place of all that the program gave."""
        return [*self.messages, *given[self.count :]]


class KnownCuts:
    """The newest cut of the 32 sessions that learnt one last. Safe for threads."""

    def __init__(self) -> None:
        self._cuts: OrderedDict[str, KnownCut] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: str, messages: Sequence[Any]) -> KnownCut | None:
        """The session's cut, if these messages begin with what it stands for."""
        with self._lock:
            cut = self._cuts.get(session)
        if cut is None or len(messages) < cut.count:
            return None
        return cut if _digest(messages[: cut.count]) == cut.digest else None

    def learn(
        self, session: str, answer: dict[str, Any], messages: Sequence[Any]
    ) -> None:
        """From the server's answer to `messages`, which it answered whole."""
        cut = _cut_in(answer, messages)
        if cut is None:
            return
        with self._lock:
            self._cuts.pop(session, None)
            self._cuts[session] = cut
            if len(self._cuts) > MOST_SESSIONS:
                self._cuts.popitem(last=False)

    def forget(self, session: str) -> None:
        with self._lock:
            self._cuts.pop(session, None)


def _cut_in(answer: dict[str, Any], messages: Sequence[Any]) -> KnownCut | None:
    cut, sent = answer.get("cut"), answer.get("messages")
    if not isinstance(cut, dict) or not isinstance(sent, list):
        return None
    cut_id, count = cut.get("id"), cut.get("message_count")
    if not isinstance(cut_id, str) or not isinstance(count, int):
        return None
    behind = len(messages) - count
    if not 0 <= behind <= len(sent):
        return None
    replaced = sent[: len(sent) - behind]
    return KnownCut(cut_id, count, _digest(messages[:count]), replaced)


def _digest(messages: Sequence[Any]) -> bytes | None:
    """None for what JSON cannot hold: sending it will say so."""
    try:
        return blake2b(to_json(list(messages)), digest_size=16).digest()
    except (TypeError, ValueError, RecursionError):
        return None
