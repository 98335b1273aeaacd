"""Makes an Anthropic or OpenAI client report its calls; the program stays as it is.

Both SDKs send everything through their client's `request`. Replacing that one method
on the instance covers `create`, `stream`, `parse`, raw responses and the helpers.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from tracker.client.reporting.report_bodies import About, Request
from tracker.client.reporting.reporter import Reporter

log = logging.getLogger("token_budget")
Client = TypeVar("Client")

# Calls that fill a context window. Token counting, batches, embeddings do not.
_CALLS = frozenset(("/v1/messages", "/chat/completions", "/responses", "/completions"))
_REFUSALS = (400, 422)
_MARK = "_token_budget_reports"


def wrap_client(
    client: Client, reporter: Reporter, about: About, *, include_usage: bool = True
) -> Client:
    """Report every call of `client` and of its copies. Returns the same object.

    `include_usage` asks OpenAI-like servers for the usage of chat streams, and hides
    the chunk that brings it from a program that did not ask itself. If the server
    refuses that option, the call is repeated without it and it is not used again.
    Wrapping a client twice reports each call once. Raises TypeError if `client` is
    neither an Anthropic nor an OpenAI client.
    """
    inner = getattr(client, "request", None)
    if not callable(inner) or not hasattr(client, "copy"):
        raise TypeError(f"{type(client).__name__} is not an Anthropic or OpenAI client")
    if getattr(client, _MARK, False):
        return client
    watcher = _Watcher(reporter, about, include_usage)
    hooked = _hook_async if inspect.iscoroutinefunction(inner) else _hook
    anything: Any = client
    anything.request = hooked(inner, watcher)
    for name in ("copy", "with_options"):
        setattr(anything, name, _hook_copy(getattr(anything, name), watcher))
    setattr(anything, _MARK, True)
    return client


class _Watcher:
    """What the calls of one wrapped client share."""

    def __init__(self, reporter: Reporter, about: About, include_usage: bool) -> None:
        self.reporter = reporter
        self.about = about
        self.include_usage = include_usage

    def before(self, options: Any) -> _Call | None:
        """The call that is about to be made; None if it does not fill a window."""
        try:
            return self._before(options)
        except Exception as error:  # noqa: BLE001 - the program's call goes on without a report.
            log.warning("a call was not watched: %r", error)
            return None

    def _before(self, options: Any) -> _Call | None:
        path = str(options.url).partition("?")[0]
        body = options.json_data
        if path not in _CALLS or not isinstance(body, dict):
            return None
        hides_usage = False
        if self.include_usage and path.endswith("completions") and body.get("stream"):
            asked = body.get("stream_options")
            if not isinstance(asked, dict) or not asked.get("include_usage"):
                hides_usage = True
                extended = {**(asked or {}), "include_usage": True}
                options.json_data = {**body, "stream_options": extended}
        return _Call(self, body, hides_usage)


class _Call:
    """One call. `body` is the program's own, without our `stream_options`."""

    def __init__(
        self, watcher: _Watcher, body: dict[str, Any], hides_usage: bool
    ) -> None:
        self._watcher = watcher
        self._body = body
        self._request = _request_of(body)
        self._is_stream = bool(body.get("stream"))
        self._hides_usage = hides_usage

    def takes_back(self, options: Any, error: Exception) -> bool:
        """Whether the server may have refused only our `stream_options`.

        Then they are taken out of `options`, and later calls go without them: some
        OpenAI-like servers answer 400 to an option they do not know.
        """
        status = getattr(error, "status_code", None)
        if not self._hides_usage or status not in _REFUSALS:
            return False
        self._watcher.include_usage = self._hides_usage = False
        options.json_data = self._body
        return True

    def after(self, result: Any) -> Any:
        """Report the answer, and return it unchanged."""
        try:
            if hasattr(result, "http_response") and hasattr(result, "parse"):
                self._report_when_parsed(result)
            elif self._is_stream:
                self._watcher.reporter.watch_stream(
                    result,
                    self._watcher.about,
                    self._request,
                    hides_usage=self._hides_usage,
                )
            else:
                self._watcher.reporter.record(
                    result, self._watcher.about, self._request
                )
        except Exception as error:  # noqa: BLE001 - the program gets its answer all the same.
            log.warning("an answer was not reported: %r", error)
        return result

    def _report_when_parsed(self, raw: Any) -> None:
        """`with_raw_response` returns an answer whose body is not parsed yet."""
        inner = raw.parse
        reported: list[Any] = []

        # `parse` returns the same object each time: it is reported the first time.
        def once(parsed: Any) -> Any:
            if any(parsed is each for each in reported):
                return parsed
            reported.append(parsed)
            return self.after(parsed)

        if inspect.iscoroutinefunction(inner):

            async def parse_async(*args: Any, **kwargs: Any) -> Any:
                return once(await inner(*args, **kwargs))

            raw.parse = parse_async
        else:
            raw.parse = lambda *args, **kwargs: once(inner(*args, **kwargs))


def _hook(inner: Callable[..., Any], watcher: _Watcher) -> Callable[..., Any]:
    def request(cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        call = watcher.before(options)
        if call is None:
            return inner(cast_to, options, *args, **kwargs)
        try:
            result = inner(cast_to, options, *args, **kwargs)
        except Exception as error:  # Raised again, unless our option caused it.
            if not call.takes_back(options, error):
                raise
            result = inner(cast_to, options, *args, **kwargs)
        return call.after(result)

    return request


def _hook_async(inner: Callable[..., Any], watcher: _Watcher) -> Callable[..., Any]:
    async def request(cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        call = watcher.before(options)
        if call is None:
            return await inner(cast_to, options, *args, **kwargs)
        try:
            result = await inner(cast_to, options, *args, **kwargs)
        except Exception as error:  # Raised again, unless our option caused it.
            if not call.takes_back(options, error):
                raise
            result = await inner(cast_to, options, *args, **kwargs)
        return call.after(result)

    return request


def _hook_copy(inner: Callable[..., Any], watcher: _Watcher) -> Callable[..., Any]:
    def copy(*args: Any, **kwargs: Any) -> Any:
        return wrap_client(
            inner(*args, **kwargs),
            watcher.reporter,
            watcher.about,
            include_usage=watcher.include_usage,
        )

    return copy


def _request_of(body: dict[str, Any]) -> Request:
    """What fills the window, from a body for Messages, Chat or Responses."""
    messages = body.get("messages") or body.get("input") or body.get("prompt") or ()
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    return Request(
        # A copy: the program may append the answer before the list is counted.
        messages=list(messages),
        system=body.get("system") or body.get("instructions"),
        tools=body.get("tools"),
        model=str(body.get("model") or ""),
    )
