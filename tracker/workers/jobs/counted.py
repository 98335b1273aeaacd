"""How a worker counts a conversation: by which tokenizer, and plus which overhead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tracker.domain.compression import OptimizeRequest
from tracker.domain.compression.due import request_parts
from tracker.domain.counting.calibration import Calibration
from tracker.domain.counting.counters import CountedBy
from tracker.domain.counting.measure import NamedCount
from tracker.domain.counting.tokenizers.own import TokenizerFailed

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class CountingOrder:
    """How to count. `method` is what `token_counter` takes: a worker has no settings in
    which to look up a policy's name.

    `calibrations` are what reports have taught, by the counter they correct;
    `unseen_tokens` instead of them if the answer must repeat an earlier one.
    `floor_tokens` is the provider's last number, None after a compression: a smaller
    count has missed something, as samples are judged
    (ingest/judging/usage/plausibility.py).
    """

    method: str
    model: str = ""
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    unseen_tokens: int | None = None
    floor_tokens: int | None = None


def counted(
    request: OptimizeRequest,
    order: CountingOrder,
    work: Callable[[OptimizeRequest], Result],
) -> tuple[OptimizeRequest, CountedBy, Result]:
    """Do `work` with the request, counted as `order` says.

    When the tokenizer fails on one text, everything is estimated instead: a mixture of
    two counters could not be compared with anything.
    """
    count = NamedCount(order.method, order.model)
    try:
        return _counted(request, order, count, work)
    except TokenizerFailed as error:
        plain = NamedCount("estimated", order.model, reason=str(error))
        return _counted(request, order, plain, work)


def _counted(
    request: OptimizeRequest,
    order: CountingOrder,
    count: NamedCount,
    work: Callable[[OptimizeRequest], Result],
) -> tuple[OptimizeRequest, CountedBy, Result]:
    request = replace(request, count=count)
    request = replace(request, unseen_tokens=_unseen(request, order, count))
    return request, count.counted_by, work(request)


def _unseen(request: OptimizeRequest, order: CountingOrder, count: NamedCount) -> int:
    if order.unseen_tokens is not None:
        return order.unseen_tokens
    calibration = order.calibrations.get(count.counted_by.name)
    if calibration is None and order.floor_tokens is None:
        return 0
    parts = request_parts(request)
    unseen = 0 if calibration is None else calibration.unseen(parts.total)
    return max(unseen, (order.floor_tokens or 0) - parts.total)
