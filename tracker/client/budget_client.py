"""The clients a program holds: one for plain code, one for asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypedDict, TypeVar, Unpack

from tracker.client.config import Config
from tracker.client.optimizing import (
    OPTIMIZE_SECONDS,
    Optimized,
    optimize_body,
    optimize_url,
    read_optimized,
    unchanged,
)
from tracker.client.reporting.report_bodies import About
from tracker.client.reporting.reporter import Reporter
from tracker.client.reporting.wrapping import wrap_client
from tracker.client.sending.sender import EXIT_SECONDS, Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import CONNECT_SECONDS, Transport
from tracker.client.sessions import current_session, made_up_session

log = logging.getLogger("token_budget")
T = TypeVar("T")


class Numbers(About, total=False):
    """A report of the caller's own: numbers, or texts that the server counts."""

    usage: dict[str, Any] | None
    messages: Sequence[Any] | None
    system: str | list[Any] | None
    user_context: str | list[Any] | None


class Context(TypedDict, total=False):
    """What `optimize` may be told besides the messages, as the contract has it."""

    system: str | list[Any] | None
    user_context: str | list[Any] | None
    tools: list[Any] | None
    model: str | None
    force: bool | None
    event_id: str | None


class _Core:
    """Config, reporter and sender: what both clients hold."""

    def __init__(self, url: str | None, key: str | None, session: str | None) -> None:
        self.config = Config.of(url, key)
        self.session = session or made_up_session()
        self.sender = Sender(Transport(self.config), Spool(self.config.spool_folder))
        if not self.config.is_on:
            log.warning("TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY are not set: no reports")
        submit = self.sender.submit if self.config.is_on else _discard
        self.reporter = Reporter(submit, self.session)

    def optimize_session(self, session: str | None) -> str:
        return session or current_session() or self.session


def _discard(make: Any) -> None:
    """Reporting is off: a program must run the same without a server."""


class BudgetClient:
    """Reports to one server. Without `url` or `key` the environment's TOKEN_BUDGET_URL
    and TOKEN_BUDGET_KEY count; without these nothing is reported.

    `session` is used where neither a call nor `with session(…)` names one; None makes
    one up for this run. Nothing but `wrap` of a strange object raises, and nothing
    but `optimize` and `flush` waits for the network.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        session: str | None = None,
    ) -> None:
        self._core = _Core(url, key, session)

    @property
    def session(self) -> str:
        return self._core.session

    def record(self, response: T, **about: Unpack[About]) -> T:
        """Report an answer of Anthropic or OpenAI: the SDK's object, a dict, a stream.

        Answers what it was given, so that it can stand around the call; a stream is
        reported when it ends, from what it says of its usage.
        """
        return self._core.reporter.record(response, about)

    def report(self, **fields: Unpack[Numbers]) -> None:
        """Report the caller's own `tokens`, a provider's `usage`, or texts to count."""
        self._core.reporter.report(fields)

    def wrap(
        self, client: T, *, include_usage: bool = True, **about: Unpack[About]
    ) -> T:
        """Report every call of an Anthropic or OpenAI client, sync or async.

        See `tracker.client.reporting.wrapping.wrap_client`. Answers the same client.
        """
        reporter = self._core.reporter
        return wrap_client(client, reporter, about, include_usage=include_usage)

    def optimize(
        self,
        messages: Sequence[Any],
        *,
        session: str | None = None,
        **context: Unpack[Context],
    ) -> Optimized:
        """The messages to send instead, from the server; on any failure the same."""
        if not self._core.config.is_on:
            return unchanged(messages, "reporting is off")
        try:
            import httpx

            answer = httpx.post(
                optimize_url(self._core.config, self._core.optimize_session(session)),
                content=optimize_body(messages, dict(context)),
                headers=self._core.config.headers,
                timeout=httpx.Timeout(OPTIMIZE_SECONDS, connect=CONNECT_SECONDS),
            )
        except Exception as error:  # no failure of ours stops the program
            return unchanged(messages, f"{type(error).__name__}: {error}")
        return read_optimized(messages, answer.status_code, answer.content)

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until all reports are at the server; False if some are not."""
        return self._core.sender.flush(seconds)

    def close(self, seconds: float = EXIT_SECONDS) -> None:
        """Send what waits; the rest goes to the spool. Also done at exit."""
        self._core.sender.close(seconds)

    def __enter__(self) -> BudgetClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncBudgetClient:
    """The same for asyncio: only `optimize`, `flush` and `close` are awaited."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        session: str | None = None,
    ) -> None:
        self._core = _Core(url, key, session)

    @property
    def session(self) -> str:
        return self._core.session

    def record(self, response: T, **about: Unpack[About]) -> T:
        """As BudgetClient.record; streams may be asynchronous."""
        return self._core.reporter.record(response, about)

    def report(self, **fields: Unpack[Numbers]) -> None:
        """As BudgetClient.report."""
        self._core.reporter.report(fields)

    def wrap(
        self, client: T, *, include_usage: bool = True, **about: Unpack[About]
    ) -> T:
        """As BudgetClient.wrap."""
        reporter = self._core.reporter
        return wrap_client(client, reporter, about, include_usage=include_usage)

    async def optimize(
        self,
        messages: Sequence[Any],
        *,
        session: str | None = None,
        **context: Unpack[Context],
    ) -> Optimized:
        """As BudgetClient.optimize."""
        if not self._core.config.is_on:
            return unchanged(messages, "reporting is off")
        try:
            import httpx

            timeout = httpx.Timeout(OPTIMIZE_SECONDS, connect=CONNECT_SECONDS)
            async with httpx.AsyncClient(timeout=timeout) as http:
                answer = await http.post(
                    optimize_url(
                        self._core.config, self._core.optimize_session(session)
                    ),
                    content=optimize_body(messages, dict(context)),
                    headers=self._core.config.headers,
                )
        except Exception as error:  # no failure of ours stops the program
            return unchanged(messages, f"{type(error).__name__}: {error}")
        return read_optimized(messages, answer.status_code, answer.content)

    async def flush(self, seconds: float = 10.0) -> bool:
        return await asyncio.to_thread(self._core.sender.flush, seconds)

    async def close(self, seconds: float = EXIT_SECONDS) -> None:
        await asyncio.to_thread(self._core.sender.close, seconds)

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
