"""Turns answers, streams and plain numbers into reports."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar, cast

from tracker.client.reporting.answers import Answer, get, read_answer
from tracker.client.reporting.report_bodies import (
    About,
    Request,
    stamped,
    with_event_id,
    with_parts,
)
from tracker.client.reporting.watching import Done, Watch, watch_stream
from tracker.client.sending.report_queue import Make

log = logging.getLogger("token_budget")
T = TypeVar("T")


class Reporter:
    """Makes reports and hands them to `submit`. No method raises, whatever it is given.

    `session` is for reports that name none, outside of `with session(…)`.
    """

    def __init__(self, submit: Callable[[Make], None], session: str) -> None:
        self._submit = submit
        self._session = session

    def report(self, fields: About) -> None:
        """Report the caller's own numbers or texts."""
        try:
            body = stamped(fields, self._session)
            self._submit(lambda: with_event_id(body))
        except Exception as error:  # noqa: BLE001 - the program goes on, unreported
            log.warning("a report was not made: %r", error)

    def record(self, response: T, about: About, request: Request | None = None) -> T:
        """Report an answer: now, or when it ends if it is a stream.

        Returns `response`. An iterator of events that is no SDK's stream cannot be
        watched from inside: then returns another iterator of the same events.
        """
        try:
            return cast(T, self._record(response, about, request))
        except Exception as error:  # noqa: BLE001 - the program goes on, unreported
            log.warning("an answer was not reported: %r", error)
            return response

    def _record(self, response: Any, about: About, request: Request | None) -> Any:
        body = stamped(about, self._session)
        if get(response, "usage") is not None:
            self._submit(_answer_report(body, response, request))
            return response
        watch = Watch(self._when_done(body, request))
        if watch_stream(response, watch):
            return response
        if isinstance(response, AsyncIterator):
            return watch.through_async(response)
        if isinstance(response, Iterator):
            return watch.through(response)
        log.warning("%s has no usage: nothing to report", type(response).__name__)
        return response

    def _when_done(self, body: dict[str, Any], request: Request | None) -> Done:
        """What a watched stream calls when it ends."""

        def done(answer: Answer) -> None:
            if answer.usage:
                self._submit(lambda: _report(body, answer, request))

        return done

    def watch_stream(
        self, stream: Any, about: About, request: Request, *, hides_usage: bool
    ) -> None:
        """Report an SDK's stream when it ends. See Watch for `hides_usage`."""
        try:
            body = stamped(about, self._session)
            done = self._when_done(body, request)
            if not watch_stream(stream, Watch(done, hides_usage=hides_usage)):
                log.warning("%s cannot be watched", type(stream).__name__)
        except Exception as error:  # noqa: BLE001 - the program goes on, unreported
            log.warning("a stream was not reported: %r", error)


def _answer_report(
    body: dict[str, Any], response: Any, request: Request | None
) -> Make:
    """Reads the answer on the sender's thread: that takes longer than a program
    should wait for its report.
    """

    def make() -> dict[str, Any] | None:
        answer = read_answer(response)
        return _report(body, answer, request) if answer.usage else None

    return make


def _report(
    body: dict[str, Any], answer: Answer, request: Request | None
) -> dict[str, Any]:
    body["usage"] = answer.usage
    if answer.model:
        body.setdefault("model", answer.model)
    return with_event_id(with_parts(body, request), answer.response_id)
