"""The clients a program holds: one for ordinary code, one for asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar, Unpack

from tracker.client.config import Config
from tracker.client.known_cuts import KnownCuts
from tracker.client.optimizing import (
    Context,
    Exchange,
    Optimized,
    unchanged,
)
from tracker.client.reporting.report_bodies import About
from tracker.client.reporting.reporter import Reporter
from tracker.client.reporting.wrapping import wrap_client
from tracker.client.sending.lifetimes import EXIT_SECONDS
from tracker.client.sending.report_queue import Make
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.tally import Delivery
from tracker.client.sending.transport import Transport, certificates
from tracker.client.sessions import current_session, made_up_session

log = logging.getLogger("token_budget")
T = TypeVar("T")
_OFF = "reporting is off"


class Numbers(About, total=False):
    """A report of the caller's own: numbers, or texts that the server counts.

    - `usage`: a provider's usage object, as it came.
    - `messages`, `system`, `user_context`: sent to the server, which counts their
      tokens and forgets them.
    """

    usage: dict[str, Any] | None
    messages: Sequence[Any] | None
    system: str | list[Any] | None
    user_context: str | list[Any] | None


def _discard(make: Make) -> None:
    """Reporting is off: the program runs the same without a server."""


class _Client:
    """What both clients share: all that does not wait for the network."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        session: str | None = None,
    ) -> None:
        self._config = Config.of(url, key)
        self._session = session or made_up_session()
        self._sender = Sender(Transport(self._config), Spool(self._config.spool_folder))
        if not self._config.is_on:
            log.warning("TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY are not set: no reports")
        submit = self._sender.submit if self._config.is_on else _discard
        self._reporter = Reporter(submit, self._session)
        self._cuts = KnownCuts()

    @property
    def session(self) -> str:
        """The session of calls that name none."""
        return self._session

    @property
    def delivery(self) -> Delivery:
        """How many reports were stored, refused and lost so far, and why."""
        return self._sender.delivery

    def record(self, response: T, **about: Unpack[About]) -> T:
        """Report one answer of Anthropic or OpenAI: an SDK object, a dict, a stream.

        Returns what it was given, so that it can stand around the call. A stream is
        reported when it ends; one that is not an SDK's own is returned as an iterator
        of the same events.
        """
        return self._reporter.record(response, about)

    def report(self, **fields: Unpack[Numbers]) -> None:
        """Report your own `tokens`, a provider's `usage`, or texts to count.

        `budget.report(tokens={"system": 2000, "history": 157172}, model="gpt-5")`
        """
        self._reporter.report(fields)

    def wrap(
        self, client: T, *, include_usage: bool = True, **about: Unpack[About]
    ) -> T:
        """Report every call of an Anthropic or OpenAI client, sync or async.

        Returns the same client. OpenAI chat streams carry usage only if asked; with
        `include_usage` they are asked, and the additional chunk is hidden from a
        program that did not ask itself. Raises TypeError for anything else.
        """
        return wrap_client(client, self._reporter, about, include_usage=include_usage)

    def _exchange(
        self, messages: Sequence[Any], session: str | None, context: Context
    ) -> Exchange:
        of = session or current_session() or self._session
        return Exchange(self._config, of, messages, dict(context), self._cuts)


class BudgetClient(_Client):
    """Reports to one server, from a thread of its own.

    Without `url` or `key`, TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY are used; without
    these, nothing is reported. `session` is for calls that name none and are not
    inside `with session(…)`; None makes one up for this run of the program.

    Only `wrap` raises, and only for something that is no SDK client. Only `optimize`,
    `flush` and `close` wait for the network.
    """

    def optimize(
        self,
        messages: Sequence[Any],
        *,
        session: str | None = None,
        **context: Unpack[Context],
    ) -> Optimized:
        """Ask the server for the messages to send; on any failure, the same ones.

        Give the answer's messages or your whole history next time: what was compressed
        once is answered the same again, and only what follows it is sent to the server.
        Waits at most 60 seconds for the answer.
        """
        if not self._config.is_on:
            return unchanged(messages, _OFF)
        exchange = self._exchange(messages, session, context)
        try:
            import httpx

            done = None
            while done is None:  # twice at most
                answer = httpx.post(**exchange.request(), verify=certificates())
                done = exchange.read(answer.status_code, answer.content)
        except Exception as error:  # noqa: BLE001 - the program goes on without it
            return exchange.failed(error)
        return done

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait at most `seconds`. True if the server has stored all reports so far.

        False if some were refused or lost since the last flush, or wait to be sent
        again; `delivery` says why. During an outage it does not wait for its end.
        True if reporting is off.
        """
        return self._sender.flush(seconds)

    def close(self, seconds: float = EXIT_SECONDS) -> None:
        """Send what is queued, for at most `seconds`; the rest is kept on disk, and
        sent by the next run. Done at exit as well.
        """
        self._sender.close(seconds)

    def __enter__(self) -> BudgetClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncBudgetClient(_Client):
    """BudgetClient for asyncio: `optimize`, `flush` and `close` are awaited."""

    async def optimize(
        self,
        messages: Sequence[Any],
        *,
        session: str | None = None,
        **context: Unpack[Context],
    ) -> Optimized:
        """As BudgetClient.optimize."""
        if not self._config.is_on:
            return unchanged(messages, _OFF)
        exchange = self._exchange(messages, session, context)
        try:
            import httpx

            done = None
            async with httpx.AsyncClient(verify=certificates()) as http:
                while done is None:
                    answer = await http.post(**exchange.request())
                    done = exchange.read(answer.status_code, answer.content)
        except Exception as error:  # noqa: BLE001 - the program goes on without it
            return exchange.failed(error)
        return done

    async def flush(self, seconds: float = 10.0) -> bool:
        """As BudgetClient.flush."""
        return await asyncio.to_thread(self._sender.flush, seconds)

    async def close(self, seconds: float = EXIT_SECONDS) -> None:
        """As BudgetClient.close."""
        await asyncio.to_thread(self._sender.close, seconds)

    async def __aenter__(self) -> AsyncBudgetClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


@lru_cache(maxsize=1)
def _default_client() -> BudgetClient:
    return BudgetClient()


def wrap(client: T, *, include_usage: bool = True, **about: Unpack[About]) -> T:
    """`BudgetClient.wrap` with the server and key of the environment."""
    return _default_client().wrap(client, include_usage=include_usage, **about)
