"""Turns answers, streams and plain numbers into reports, and hands them on."""

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
from tracker.client.sending.sender import Make

log = logging.getLogger("token_budget")
T = TypeVar("T")


class Reporter:
    """What both clients share. No method here raises, whatever it is given."""

    def __init__(self, submit: Callable[[Make], None], session: str) -> None:
        self._submit = submit
        self.session = session

    def report(self, fields: About) -> None:
        """One report of the caller's own numbers or texts."""
        try:
            body = stamped(fields, self.session)
            self._submit(lambda: with_event_id(body))
        except Exception as error:  # no method here raises
            log.warning("a report was not made: %r", error)

    def record(self, response: T, about: About, request: Request | None = None) -> T:
        """Report an answer, now or, if it is a stream, when it ends.

        Answers what it was given, or an iterator in its place where a stream is not
        an SDK's own and cannot be watched inside.
        """
        try:
            return cast(T, self._record(response, about, request))
        except Exception as error:  # no method here raises
            log.warning("an answer was not reported: %r", error)
            return response

    def _record(self, response: Any, about: About, request: Request | None) -> Any:
        body = stamped(about, self.session)
        if get(response, "usage") is not None:
            self._submit(answer_report(body, response, request))
            return response
        watch = Watch(self._when_done(body, request))
        if watch_stream(response, watch):
            return response
        if isinstance(response, AsyncIterator):
            return watch.through_async(response)
        if isinstance(response, Iterator):
            return watch.through(response)
        log.warning("%s says no usage: nothing to report", type(response).__name__)
        return response

    def _when_done(self, body: dict[str, Any], request: Request | None) -> Done:
        """What a watched stream calls with its answer when it ends."""

        def done(answer: Answer) -> None:
            if answer.usage:
                self._submit(lambda: _body(body, answer, request))

        return done

    def watch_stream(
        self, stream: Any, about: About, request: Request, *, hides_usage: bool
    ) -> None:
        try:
            body = stamped(about, self.session)
            done = self._when_done(body, request)
            if not watch_stream(stream, Watch(done, hides_usage=hides_usage)):
                log.warning("%s cannot be watched", type(stream).__name__)
        except Exception as error:  # no method here raises
            log.warning("a stream was not reported: %r", error)


def answer_report(body: dict[str, Any], response: Any, request: Request | None) -> Make:
    """A report made later: reading an answer costs more than the program should pay."""

    def make() -> dict[str, Any] | None:
        answer = read_answer(response)
        return _body(body, answer, request) if answer.usage else None

    return make


def _body(
    body: dict[str, Any], answer: Answer, request: Request | None
) -> dict[str, Any]:
    body["usage"] = answer.usage
    if answer.model:
        body.setdefault("model", answer.model)
    return with_event_id(with_parts(body, request), answer.response_id)
