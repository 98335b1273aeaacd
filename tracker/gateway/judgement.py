"""How full a call's window will be, and whether a compression is due."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from tracker.domain.budget.policy import BudgetPolicy, PolicyError, Threshold
from tracker.domain.budget.resolution import EffectivePolicy, PolicyBook
from tracker.domain.budget.status import BudgetStatus, evaluate
from tracker.domain.providers.cache_lifetimes import cache_seconds
from tracker.gateway.record import BYTES_PER_TOKEN, shares
from tracker.gateway.request.body import Outline
from tracker.gateway.request.conversation import Conversation

REMEMBERED = 10_000
LONG_WINDOW = 1_000_000
HOUR_MARK = b'"1h"'  # of a cache mark's `ttl`
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a lane's last answer said of the request that was sent.

    `cut` is the digest of the cut it was sent with, `messages_bytes` the size of its
    messages, `other_bytes` of its tools and system prompt. `is_continued`: these were
    new messages alone.
    """

    used_tokens: int
    messages_bytes: int
    other_bytes: int
    session_id: int
    cut: bytes
    at: float
    is_continued: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """`trigger` is what asks for a compression, "" where nothing does. `policy` has the
    lower threshold where the provider's cache is cold. `is_known`: by an answer of the
    provider, not by size alone.
    """

    status: BudgetStatus
    policy: BudgetPolicy
    trigger: str
    is_known: bool
    counts_messages: bool
    session_id: int | None


class Judge:
    """Remembers each lane's last answer, and judges what is sent next by it.

    The last request had 400,000 bytes of messages and the provider counted 100,000
    tokens; this one has 420,000 bytes: 105,000 tokens. Where the messages became fewer,
    as behind a new cut, the last answer says how many tokens a byte takes. A request
    that continues `previous_response_id` adds all it holds. The first call of a lane is
    estimated by its size alone, and so is a whole one behind one that continued.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._measured: OrderedDict[_Key, Measured] = OrderedDict()
        self._clock = clock

    def judged(
        self,
        policies: PolicyBook,
        project_id: int,
        conversation: Conversation,
        outline: Outline,
        window_tokens: int | None,
        *,
        messages_bytes: int,
        new_messages: Callable[[], int],
        cut: bytes = b"",
        asks_for_hour: Callable[[], bool] = lambda: False,
    ) -> Judged:
        """Of a request that is sent with `messages_bytes` of messages; `new_messages`
        of them stand behind the last summary.
        """
        last = self._measured.get(_key(project_id, conversation))
        is_known = last is not None and (outline.is_continued or not last.is_continued)
        measured = last if is_known else None
        used = expected_tokens(measured, outline, messages_bytes, cut)
        session_id = last.session_id if last else None
        effective = policies.policy_for(project_id, outline.model, session_id)
        window, source = _window(effective, window_tokens)
        policy = effective.policy
        counts = counts_messages(policy, outline)
        is_cold = last is not None and _is_cold(
            outline.shape, self._clock() - last.at, asks_for_hour
        )
        if is_cold and policy.gateway_cold_share:
            policy = with_cold_threshold(policy)
        status = evaluate(
            policy,
            used,
            window_tokens=window,
            window_source=source,
            parts=shares(outline, used),
            message_count=new_messages() if counts else None,
            source="estimated",
        )
        trigger = _trigger(status)
        return Judged(status, policy, trigger, is_known, counts, session_id)

    def learn(
        self,
        project_id: int,
        conversation: Conversation,
        outline: Outline,
        *,
        used_tokens: int,
        session_id: int,
        messages_bytes: int,
        cut: bytes = b"",
    ) -> None:
        key = _key(project_id, conversation)
        self._measured[key] = Measured(
            used_tokens,
            messages_bytes,
            outline.system_bytes + outline.tools_bytes,
            session_id,
            cut,
            self._clock(),
            outline.is_continued,
        )
        self._measured.move_to_end(key)
        while len(self._measured) > REMEMBERED:
            self._measured.popitem(last=False)

    def forget_all(self) -> None:
        self._measured.clear()


def _key(project_id: int, conversation: Conversation) -> _Key:
    return project_id, conversation.session, conversation.lane


def expected_tokens(
    last: Measured | None, outline: Outline, messages_bytes: int, cut: bytes
) -> int:
    other = outline.system_bytes + outline.tools_bytes
    if last is None:
        return (other + messages_bytes) // BYTES_PER_TOKEN
    if outline.is_continued:
        return last.used_tokens + messages_bytes // BYTES_PER_TOKEN
    more = messages_bytes - last.messages_bytes
    if more >= 0 and cut == last.cut:
        return last.used_tokens + more // BYTES_PER_TOKEN
    before = last.messages_bytes + last.other_bytes
    return last.used_tokens * (messages_bytes + other) // max(before, 1)


def _is_cold(
    shape: str, idle_seconds: float, asks_for_hour: Callable[[], bool]
) -> bool:
    """Whether nothing is in the provider's cache any more. The request is looked
    through for `"ttl": "1h"` where that decides: it takes 0.3 ms of 400 KB.
    """
    if idle_seconds <= cache_seconds(shape, asks_for_hour=False):
        return False
    return idle_seconds > cache_seconds(shape, asks_for_hour=asks_for_hour())


def _window(effective: EffectivePolicy, asked: int | None) -> tuple[int, str]:
    """The window the request asks for, or the policy's where its reserve leaves nothing
    of that.
    """
    if asked:
        try:
            effective.limits_for(asked)
        except PolicyError:
            pass
        else:
            return asked, "client"
    return effective.window_tokens, effective.window_source


def counts_messages(policy: BudgetPolicy, outline: Outline) -> bool:
    """Whether the policy's message limit is for this conversation."""
    limited = policy.gateway_message_limit
    return limited == "all" or (limited == "chats" and not outline.has_tools)


def with_cold_threshold(policy: BudgetPolicy) -> BudgetPolicy:
    """Compression from the lower share, to a target well below it.

    From 50 % instead of 85 %, to 30 % instead of 60 %.
    """
    cold = policy.gateway_cold_share * 100
    threshold = Threshold(basis_points=cold)
    target = policy.target
    if target.basis_points is None or target.basis_points > cold * 6 // 10:
        target = Threshold(basis_points=cold * 6 // 10)
    try:
        return replace(policy, warning=threshold, compress=threshold, target=target)
    except PolicyError:
        return policy


def _trigger(status: BudgetStatus) -> str:
    if status.level in ("exceeded", "critical"):
        return status.level
    if "budget" in status.reasons:
        return "budget"
    return status.reasons[0] if status.reasons else ""


def asked_window(beta: str) -> int | None:
    """The window that a request asks for by Anthropic's header `anthropic-beta`."""
    return LONG_WINDOW if "context-1m" in beta else None


judge = Judge()
