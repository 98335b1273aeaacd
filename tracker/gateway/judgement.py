"""How full a call's window is, before the provider has said it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.budget.status import BudgetStatus, evaluate
from tracker.gateway.conversation import Conversation
from tracker.gateway.record import BYTES_PER_TOKEN, shares
from tracker.gateway.request_body import RequestBody

REMEMBERED = 10_000
LONG_WINDOW = 1_000_000
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a lane's last answer said, and how many bytes its request had."""

    used_tokens: int
    messages_bytes: int
    session_id: int


class Judge:
    """Remembers each lane's last answer, and judges what is asked next by it.

    The last request had 400,000 bytes of messages and the provider counted 100,000
    tokens; this one has 420,000 bytes: 105,000 tokens. The first call of a lane is
    estimated by its bytes alone.
    """

    def __init__(self) -> None:
        self._measured: OrderedDict[_Key, Measured] = OrderedDict()

    def judged(
        self,
        policies: PolicyBook,
        project_id: int,
        conversation: Conversation,
        body: RequestBody,
        window_tokens: int | None,
    ) -> BudgetStatus:
        last = self._measured.get(_key(project_id, conversation))
        used = expected_tokens(last, body)
        effective = policies.policy_for(
            project_id, body.model, last.session_id if last else None
        )
        window = window_tokens or effective.window_tokens
        source = "client" if window_tokens else effective.window_source
        try:
            limits = effective.limits_for(window)
        except PolicyError:
            window, source = effective.window_tokens, effective.window_source
            limits = effective.limits_for(window)
        return evaluate(
            effective.policy,
            used,
            window_tokens=window,
            window_source=source,
            parts=shares(body, used),
            source="estimated",
            limits=limits,
        )

    def learn(
        self,
        project_id: int,
        conversation: Conversation,
        body: RequestBody,
        *,
        used_tokens: int,
        session_id: int,
    ) -> None:
        key = _key(project_id, conversation)
        self._measured[key] = Measured(used_tokens, body.messages_bytes, session_id)
        self._measured.move_to_end(key)
        while len(self._measured) > REMEMBERED:
            self._measured.popitem(last=False)

    def forget_all(self) -> None:
        self._measured.clear()


def _key(project_id: int, conversation: Conversation) -> _Key:
    return project_id, conversation.session, conversation.lane


def expected_tokens(last: Measured | None, body: RequestBody) -> int:
    """Of this request. A history that became shorter is estimated anew."""
    if last is None or body.messages_bytes < last.messages_bytes:
        size = body.system_bytes + body.tools_bytes + body.messages_bytes
        return size // BYTES_PER_TOKEN
    more = body.messages_bytes - last.messages_bytes
    return last.used_tokens + more // BYTES_PER_TOKEN


def asked_window(beta: str) -> int | None:
    """The window that a request asks for by Anthropic's header `anthropic-beta`."""
    return LONG_WINDOW if "context-1m" in beta else None


judge = Judge()
