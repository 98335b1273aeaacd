"""TokenBudgetManager: many sessions' budgets in memory, without a server.

Sessions are packed into some 110 bytes each and their key, so a program may watch
all of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import LEVELS, BudgetStatus, crossing, evaluate
from tracker.domain.conversation.messages import read_messages
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Count, Measure
from tracker.domain.reports import Parts, attribute

# session, from_level, to_level, the status that crossed
OnEvent = Callable[[str, str, str, BudgetStatus], None]

# system, history, user context, tools, unattributed, window, messages, level, source
_STATE = struct.Struct("<6QIBB")
_SOURCES = ("reported", "counted", "estimated")
_NO_COUNT = 2**32 - 1


class TokenBudgetManager:
    """Judges every session against one policy and remembers the last measurement.

    `on_event` is called when a threshold is crossed, once per crossing. Not safe for
    several threads at once.
    """

    def __init__(
        self,
        policy: BudgetPolicy | None = None,
        *,
        count: Count = estimate_tokens,
        model: str = "",
        on_event: OnEvent | None = None,
    ) -> None:
        self.policy = policy or BudgetPolicy()
        self.count = count
        self.model = model
        self.on_event = on_event
        self._states: dict[str, bytes] = {}

    def update(
        self,
        session_id: str,
        *,
        messages: Sequence[Any] = (),
        system: Any = None,
        user_context: Any = None,
        tools: Any = None,
        used_tokens: int | None = None,
        message_count: int | None = None,
        window_tokens: int | None = None,
    ) -> BudgetStatus:
        """Measure the session's context anew, judge it, report a crossing.

        `used_tokens` is what the provider reported: it is the total then, and the
        texts only tell its parts. `message_count` None: the given messages.
        Raises MessageError for a message of no known shape, ValueError for negatives.
        """
        read_messages(messages)  # raises for messages of unknown shape
        measure = Measure(self.count, self.model)
        parts = measure.context(
            messages, system=system, user_context=user_context, tools=tools
        )
        source = measure.source
        if used_tokens is not None:
            if used_tokens < 0:
                raise ValueError("used_tokens must be 0 or more")
            parts, source = attribute(used_tokens, parts), "reported"
        if message_count is None and messages:
            message_count = len(messages)
        status = self._judge(parts, window_tokens, message_count, source)
        self._remember(session_id, status, message_count, window_tokens)
        return status

    def status(self, session_id: str) -> BudgetStatus | None:
        """The last judgement of a session; None when it was never measured."""
        state = self._states.get(session_id)
        if state is None:
            return None
        *numbers, window, messages, _, source = _STATE.unpack(state)
        count = None if messages == _NO_COUNT else messages
        return self._judge(Parts(*numbers), window or None, count, _SOURCES[source])

    def forget(self, session_id: str) -> None:
        """Drop a session; unknown ones are forgotten already."""
        self._states.pop(session_id, None)

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def _judge(
        self,
        parts: Parts,
        window_tokens: int | None,
        message_count: int | None,
        source: str,
    ) -> BudgetStatus:
        return evaluate(
            self.policy,
            parts.total,
            window_tokens=window_tokens,
            window_source="report" if window_tokens else "policy",
            parts=parts,
            message_count=message_count,
            source=source,
        )

    def _remember(
        self,
        session_id: str,
        status: BudgetStatus,
        message_count: int | None,
        window_tokens: int | None,
    ) -> None:
        """Pack the measurement; tell of a crossing once it is remembered."""
        state = self._states.get(session_id)
        level = LEVELS[_STATE.unpack(state)[7]] if state else LEVELS[0]
        crossed = crossing(level, status.used_tokens, status.limits)
        if crossed:
            level = crossed[1]
        parts = status.parts
        self._states[session_id] = _STATE.pack(
            parts.system,
            parts.history,
            parts.user_context,
            parts.tools,
            parts.unattributed,
            window_tokens or 0,
            _NO_COUNT if message_count is None else min(message_count, _NO_COUNT - 1),
            LEVELS.index(level),
            _SOURCES.index(status.source),
        )
        if crossed and self.on_event is not None:
            self.on_event(session_id, *crossed, status)
