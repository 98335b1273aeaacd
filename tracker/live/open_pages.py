"""How many pages are open, as far as one person's count for another."""

from __future__ import annotations

from collections import Counter

from tracker.live.still_allowed import Credential

MOST_OF_ONE = 50  # pages of one person that others wait for


class OpenPages:
    """Sockets that came with a login: programs with a key ask for no fragments. Moved
    by the event loop, read by any thread.
    """

    def __init__(self) -> None:
        self._of: Counter[int] = Counter()  # user id -> pages
        self._counted = 0  # of each person MOST_OF_ONE at most

    def add(self, credential: Credential | None) -> None:
        if credential is None or credential.user_id is None:
            return
        self._of[credential.user_id] += 1
        self._counted += self._of[credential.user_id] <= MOST_OF_ONE

    def remove(self, credential: Credential | None) -> None:
        if credential is None or credential.user_id is None:
            return
        self._counted -= self._of[credential.user_id] <= MOST_OF_ONE
        self._of[credential.user_id] -= 1
        if not self._of[credential.user_id]:
            del self._of[credential.user_id]

    def seen_by(self, user_id: int | None) -> int:
        """All of one's own, and of each other person's MOST_OF_ONE at most."""
        own = self._of.get(user_id or 0, 0)
        return self._counted + max(0, own - MOST_OF_ONE)
