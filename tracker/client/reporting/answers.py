"""Reads the usage from a provider's answer: an SDK object, a dict, or a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError


@dataclass(slots=True)
class Answer:
    """The usage as the provider sent it, with the answer's id and model.

    A stream's answer is filled while its events pass. What the provider did not send
    is {} or "".
    """

    usage: dict[str, Any] = field(default_factory=dict)
    response_id: str = ""
    model: str = ""

    def take(self, response: Any) -> None:
        """Read a whole answer, or the part of one that an event carries."""
        self.usage.update(plain(get(response, "usage")))
        self.response_id = text(get(response, "id")) or self.response_id
        self.model = text(get(response, "model")) or self.model

    def see(self, event: Any) -> None:
        """Read one event of a stream; most carry no usage.

        Anthropic sends the input tokens with `message_start` and the output tokens so
        far with each `message_delta`. OpenAI sends all of them once: with the last
        chunk of a chat, or with `response.completed`.
        """
        # `__dict__`, since a pydantic object takes long to say that it lacks a field.
        fields = event if isinstance(event, dict) else getattr(event, "__dict__", {})
        kind = fields.get("type")
        if kind == "message_start":
            self.take(get(event, "message"))
        elif kind == "message_delta":
            self.usage.update(plain(get(event, "usage")))
        elif kind is None or kind == "chunk":
            chunk = get(event, "chunk") if kind else event
            if fields.get("usage") is not None or kind:
                self.take(chunk)
        elif kind in _RESPONSE_ENDS:
            self.take(get(event, "response"))


_RESPONSE_ENDS = ("response.completed", "response.incomplete", "response.failed")


def read_answer(response: Any) -> Answer:
    """Read a whole answer of Anthropic or OpenAI: the SDK's object, or a dict."""
    answer = Answer()
    answer.take(response)
    return answer


def occupancy(usage: Mapping[str, Any]) -> int:
    """Tokens in the context window after a call with this usage; 0 if it has none.

    `{"input_tokens": 3, "cache_read_input_tokens": 600}` -> 603
    """
    try:
        return normalise_usage(usage).used_tokens
    except UsageError:
        return 0


def get(thing: Any, name: str) -> Any:
    """A dict's item or an object's attribute; None if there is none."""
    if isinstance(thing, Mapping):
        return thing.get(name)
    return getattr(thing, name, None)


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def plain(usage: Any) -> dict[str, Any]:
    """A usage object as a dict, without the fields that are null."""
    if usage is None:
        return {}
    dump = getattr(usage, "model_dump", None)
    if callable(dump):
        usage = dump(mode="json", exclude_none=True)
    if not isinstance(usage, Mapping):
        usage = getattr(usage, "__dict__", {})
    return {key: value for key, value in usage.items() if value is not None}
