"""What fills the window of a conversation that a worker counts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.domain.composition.filling import Filling, filling_of
from tracker.domain.compression import OptimizedContext, OptimizeRequest
from tracker.domain.compression.answering import understood
from tracker.domain.counting.measure import Measure
from tracker.domain.cuts.cut import Cut

MOST_CUTS = 200  # of about 10 KB each


@dataclass(frozen=True, slots=True)
class Named:
    """What this turn added, and what the window holds: `Filling.take_added` and
    `Filling.packed`. Both are "" if nothing is stored for the call.
    """

    added: str = ""
    packed: str = ""


class CutFillings:
    """Remembers, in this process, what the cuts used last fill.

    Every later call of a session begins with its cut. Naming all of it with each call
    would take longer than judging what follows.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Filling] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, cut: Cut, measure: Measure) -> Filling:
        """Raises MessageError for a replacement of no known shape."""
        # Two projects may have replaced the same originals differently.
        key = (cut.digest, hash(cut.replacement), cut.counter, measure.model)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        messages = understood(msgspec.json.decode(cut.replacement))
        found = filled(messages, measure)
        with self._lock:
            self._known[key] = found
            if len(self._known) > MOST_CUTS:
                self._known.popitem(last=False)
        return found


cut_fillings = CutFillings()


def filled(
    messages: Sequence[Any], measure: Measure, known: Filling | None = None, **more: Any
) -> Filling:
    """`more` as `filling_of` takes it."""
    sizes = [measure.message(message) for message in messages]
    return filling_of(messages, sizes, known=known, model=measure.model, **more)


def named(
    request: OptimizeRequest, context_tokens: int, cut: Cut | None = None
) -> Named:
    """Of a request in our words, whose messages follow those of `cut`."""
    measure = Measure(request.count, request.model)
    filling = filled(
        request.messages,
        measure,
        known=None if cut is None else cut_fillings.of(cut, measure),
        context_tokens=context_tokens,
        tools=request.tools,
    )
    return Named(filling.take_added(), filling.packed())


def named_after(request: OptimizeRequest, result: OptimizedContext) -> str:
    """What the window holds once those of `result` are sent: `Filling.packed`."""
    filling = filled(
        result.understood,
        Measure(request.count, request.model),
        context_tokens=result.status.parts.user_context,
        tools=request.tools,
    )
    return filling.packed()
