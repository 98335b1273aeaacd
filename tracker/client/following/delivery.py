"""Sends what waits in the notebook; each report leaves it once the server has it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tracker.client.config import Config
from tracker.client.following.notebook import Notebook
from tracker.client.json_bodies import join_reports
from tracker.client.sending.outage import Outage
from tracker.client.sending.receipts import Receipt, read_receipt
from tracker.sources.session_reports import PATH, without_messages

BATCH_REPORTS = 200
BATCH_BYTES = 2 << 20
ANSWER_SECONDS = 60.0  # a compaction is reviewed before it is answered
FORBIDDEN = (401, 403)
Waiting = Sequence[tuple[int, bytes]]


class KeyRefused(Exception):
    """The server does not take this key (any more); the message is the server's."""


class AnotherProject(Exception):
    """The key belongs to another project than what was sent before."""


class Delivery:
    """Sends to one server. `send_some` loses no report: it keeps those that are not
    confirmed.

    Messages are sent only to a project that keeps them. It is asked before the first
    report, and again each time the server was away.
    """

    def __init__(
        self, config: Config, notebook: Notebook, say: Callable[[str], object]
    ) -> None:
        self._config, self._notebook, self._say = config, notebook, say
        self._http = httpx.Client(headers=config.headers, timeout=ANSWER_SECONDS)
        self._url = f"{config.url}{PATH}"
        self._keeps_messages: bool | None = None  # None: not asked yet
        self._problem = ""
        self._outage = Outage()
        self.stored, self.known = 0, 0
        self.refused: Counter[str] = Counter()

    def close(self) -> None:
        self._http.close()

    @property
    def pause(self) -> float:
        """Seconds until the server should be asked again; 0 while it answers."""
        return max(0.0, (self._outage.ends_at or 0.0) - time.monotonic())

    def greet(self) -> bool:
        """Ask where reports go, and what is kept there. False if nobody answers now.

        Raises KeyRefused and AnotherProject.
        """
        answer = self._ask("GET", None)
        if answer is None:
            return False
        told = _object(answer)
        project, keeps = told.get("project"), told.get("keeps_messages")
        if answer.status_code != 200 or not isinstance(project, str):
            return self._later(Receipt("later", _said(answer)))
        known = self._notebook.fact("project")
        if known and known != project:
            raise AnotherProject(f"{project!r} instead of {known!r}")
        self._notebook.set_fact("project", project)
        self._keeps_messages = keeps != "no"
        self._over()
        return True

    def send_some(self) -> bool:
        """Send the oldest batch. False if none waits or the server did not take it.

        Raises KeyRefused and AnotherProject.
        """
        if self.pause or not self._notebook.waiting:
            return False
        if self._keeps_messages is None and not self.greet():
            return False
        return self._send(self._notebook.oldest(BATCH_REPORTS, BATCH_BYTES))

    def _send(self, waiting: Waiting) -> bool:
        bodies = [self._allowed(body) for _, body in waiting]
        kept = [
            (each, body) for each, body in zip(waiting, bodies, strict=True) if body
        ]
        self._notebook.drop([w for w, b in zip(waiting, bodies, strict=True) if not b])
        if not kept:
            return True
        answer = self._ask("POST", join_reports([body for _, body in kept]))
        if answer is None:
            return False
        receipt = read_receipt(
            answer.status_code, answer.content, answer.headers, count=len(kept)
        )
        return self._settle([each for each, _ in kept], receipt, _object(answer))

    def _settle(self, sent: Waiting, receipt: Receipt, told: dict[str, Any]) -> bool:
        if receipt.kind == "split" and len(sent) > 1:
            half = len(sent) // 2
            return self._send(sent[:half]) and self._send(sent[half:])
        if receipt.kind == "split":
            return self._shrink(sent[0], receipt.reason)
        if receipt.kind != "settled":
            return self._later(receipt)
        again = set(receipt.again)
        self.refused.update(receipt.refused.values())
        self.stored += int(told.get("accepted", 0))
        self.known += int(told.get("duplicates", 0))
        self._notebook.drop([e for i, e in enumerate(sent) if i not in again])
        self._over()
        return not again or self._later(Receipt("later", "the server is busy"))

    def _shrink(self, waiting: tuple[int, bytes], reason: str) -> bool:
        """A report too large for a request goes without its messages."""
        place, body = waiting
        smaller = without_messages(body)
        if smaller is not None and len(smaller) < len(body):
            self._notebook.replace(place, body, smaller)
        else:
            self.refused[reason] += 1
            self._notebook.drop([waiting])
        return True

    def _allowed(self, body: bytes) -> bytes | None:
        return body if self._keeps_messages else without_messages(body)

    def _ask(self, method: str, body: bytes | None) -> httpx.Response | None:
        """The answer; None if there is none, and the next try is put off."""
        try:
            answer = self._http.request(method, self._url, content=body)
        except httpx.HTTPError as error:
            self._later(Receipt("later", f"no answer: {error or type(error).__name__}"))
            return None
        if answer.status_code in FORBIDDEN and isinstance(
            _object(answer).get("error"), dict
        ):
            raise KeyRefused(_said(answer))
        return answer

    def _later(self, receipt: Receipt) -> bool:
        self._outage.failed(time.monotonic(), receipt.after_seconds)
        self._keeps_messages = None
        if receipt.reason != self._problem:
            self._problem = receipt.reason
            self._say(f"{receipt.reason}. What is read waits on disk.")
        return False

    def _over(self) -> None:
        if self._problem:
            self._say(f"{self._config.url} answers again.")
        self._problem = ""
        self._outage.over()


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _said(answer: httpx.Response) -> str:
    error = _object(answer).get("error")
    message = error.get("message") if isinstance(error, dict) else None
    where = "no Token Budget server's answer, or an older one's"
    return f"{answer.status_code}: {message or where}"[:300]
