"""A LangChain callback handler that reports each model call."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

log = logging.getLogger("token_budget")

_SESSION_NAMES = ("session_id", "thread_id", "conversation_id")
_OPEN_RUNS = 10_000  # Runs that begin and never end must not fill the memory.


class Reports(Protocol):
    """BudgetClient or AsyncBudgetClient."""

    def report(self, **fields: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What is known only when a run starts: `on_llm_end` gets no metadata."""

    session: str | None
    message_count: int | None


def callback_handler(budget: Reports, *, session: str | None = None) -> Any:
    """A handler for `config={"callbacks": [handler]}`. Threads and chains may share it.

    Each model call is reported under `session`; without it under the run's metadata
    `session_id`, `thread_id` (LangGraph's name) or `conversation_id`; without these
    under the client's session. Raises ImportError if langchain-core is missing.
    """
    return _handler_class()(budget, session)


class RunLog:
    """The runs under way, by their id: of more than 10,000 the oldest are forgotten."""

    def __init__(self) -> None:
        self._runs: dict[Any, Run] = {}

    def start(self, run_id: Any, messages: Any, metadata: Any) -> None:
        while len(self._runs) >= _OPEN_RUNS:
            self._runs.pop(next(iter(self._runs)), None)
        self._runs[run_id] = Run(_session_of(metadata), _message_count(messages))

    def end(self, run_id: Any) -> Run:
        return self._runs.pop(run_id, Run(None, None))


def _session_of(metadata: Any) -> str | None:
    if not isinstance(metadata, Mapping):
        return None
    found = (metadata.get(name) for name in _SESSION_NAMES)
    return next((str(value) for value in found if value), None)


def _message_count(batches: Any) -> int | None:
    """Messages of a run's prompt, without the system prompt; None if unknown."""
    if not isinstance(batches, Sequence) or not batches:
        return None
    if isinstance(batches[0], str):
        return 1
    types = [getattr(message, "type", "") for message in batches[0]]
    return sum(1 for kind in types if kind != "system")


def run_report(response: Any, run: Run, run_id: Any) -> dict[str, Any] | None:
    """The arguments for `BudgetClient.report`; None if the run has no usage.

    Prefers the provider's own usage object, because LangChain's loses Anthropic's
    cache writes (`cache_creation` is 0 beside 9 `ephemeral_5m_input_tokens`).
    """
    message = getattr(response.generations[0][0], "message", None)
    meta = getattr(message, "response_metadata", None) or {}
    output = getattr(response, "llm_output", None) or {}
    usage = (
        meta.get("usage")
        or meta.get("token_usage")
        or output.get("token_usage")
        or _converted(getattr(message, "usage_metadata", None))
    )
    if not usage:
        return None
    names = ("model_name", "model")
    model = next((meta.get(n) or output.get(n) for n in names if n in meta), None)
    return {
        "session": run.session,
        "message_count": run.message_count,
        "usage": {key: value for key, value in usage.items() if value is not None},
        "model": model or output.get("model_name"),
        "event_id": meta.get("id") or output.get("id") or f"langchain-{run_id}",
    }


def _converted(usage: Any) -> dict[str, Any] | None:
    """LangChain's own usage object, with lost cache writes added up again."""
    if not usage or not usage.get("input_tokens"):
        return None
    details = dict(usage.get("input_token_details") or {})
    if not details.get("cache_creation"):
        lifetimes = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        details["cache_creation"] = sum(details.get(name) or 0 for name in lifetimes)
    return {**usage, "input_token_details": details}


@lru_cache(maxsize=1)
def _handler_class() -> Any:
    from langchain_core.callbacks import BaseCallbackHandler

    class TokenBudgetHandler(BaseCallbackHandler):
        def __init__(self, budget: Reports, session: str | None) -> None:
            self._budget = budget
            self._session = session
            self._runs = RunLog()

        def on_chat_model_start(
            self,
            serialized: Any,  # noqa: ARG002 - LangChain's name
            messages: Any,
            *,
            run_id: Any,
            **more: Any,
        ) -> None:
            self._runs.start(run_id, messages, more.get("metadata"))

        def on_llm_start(
            self,
            serialized: Any,  # noqa: ARG002 - LangChain's name
            prompts: Any,
            *,
            run_id: Any,
            **more: Any,
        ) -> None:
            self._runs.start(run_id, prompts, more.get("metadata"))

        def on_llm_end(self, response: Any, *, run_id: Any, **_: Any) -> None:
            run = self._runs.end(run_id)
            try:
                fields = run_report(response, run, run_id)
                if fields is not None:
                    if self._session:
                        fields["session"] = self._session
                    self._budget.report(**fields)
            except Exception as error:  # noqa: BLE001 - the chain goes on without a report.
                log.warning("a run was not reported: %r", error)

        def on_llm_error(
            self,
            error: Any,  # noqa: ARG002 - LangChain's name
            *,
            run_id: Any,
            **_: Any,
        ) -> None:
            self._runs.end(run_id)

    return TokenBudgetHandler
