"""What went through the gateway: counts, added time, and whether compressions paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Exists, OuterRef, QuerySet

from tracker.domain.budget.payback import Payback, payback
from tracker.models import Compression, GatewayCall, LLMSession

TIMED = 5_000  # the added times of this many newest calls are shown
NEWEST_CALLS = 40
NEWEST_COMPRESSIONS = 20


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of some projects since a moment. Times in milliseconds, None without calls."""

    calls: int
    by_action: dict[str, int]
    errors: int
    added_p50: float | None
    added_p99: float | None
    waited: int


@dataclass(frozen=True, slots=True)
class PaidCut:
    """A compression, its payback, and how many calls followed the first one with its
    cut. `payback` None: no such call is known yet.
    """

    compression: Compression
    payback: Payback | None
    turns: int

    @property
    def is_paid(self) -> bool:
        return self.payback is not None and self.payback.is_paid(self.turns)

    @property
    def balance(self) -> int | None:
        """Input tokens saved until now: 10,900 a call for 5 calls, less 28,200 at the
        first, are 26,300. Negative while it is a loss.
        """
        if self.payback is None:
            return None
        return round(self.payback.saved * self.turns - self.payback.extra)


@dataclass(frozen=True, slots=True)
class Share:
    """Conversations compressed, or left alone, with their mean input tokens a call."""

    is_control: bool
    conversations: int
    mean_tokens: float | None


def calls_of(
    projects: Sequence[Any], since: datetime | None, session: LLMSession | None = None
) -> QuerySet[GatewayCall]:
    found = GatewayCall.objects.filter(project__in=projects)
    if session is not None:
        found = found.filter(session=session)
    return found if since is None else found.filter(at__gte=since)


def traffic_of(calls: QuerySet[GatewayCall]) -> Traffic:
    """Three queries."""
    by_action = dict(calls.order_by().values_list("action").annotate(Count("pk")))
    newest = calls.order_by("-at").values_list("added_ms", flat=True)[:TIMED]
    added = sorted(newest)
    return Traffic(
        calls=sum(by_action.values()),
        by_action=by_action,
        errors=calls.exclude(status__gte=200, status__lt=400).count(),
        added_p50=_at(added, 0.5),
        added_p99=_at(added, 0.99),
        waited=calls.filter(waited_ms__gt=0).count(),
    )


def _at(values: Sequence[float], share: float) -> float | None:
    """`_at([1, 2, 3, 4], 0.5)` is 3."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else None


def newest_calls(calls: QuerySet[GatewayCall]) -> list[Any]:
    """Each with `has_review`: its compression is stored, and was not pruned since."""
    compressions = Compression.objects.filter(pk=OuterRef("compression_id"))
    told = calls.select_related("session", "project")
    told = told.annotate(has_review=Exists(compressions))
    return list(told.order_by("-at")[:NEWEST_CALLS])


def compressions_of(
    projects: Sequence[Any], since: datetime | None, session: LLMSession | None = None
) -> list[PaidCut]:
    """The gateway's newest, each with its calls. Two queries."""
    rows = Compression.objects.filter(project__in=projects, origin="gateway")
    if session is not None:
        rows = rows.filter(session=session)
    if since is not None:
        rows = rows.filter(at__gte=since)
    rows = rows.select_related("session", "project").order_by("-at")
    found = list(rows[:NEWEST_COMPRESSIONS])
    calls: dict[int, list[GatewayCall]] = {}
    for call in GatewayCall.objects.filter(
        compression_id__in=[row.pk for row in found]
    ).order_by("at"):
        calls.setdefault(call.compression_id or 0, []).append(call)
    return [_paid(row, calls.get(row.pk, [])) for row in found]


def _paid(row: Compression, calls: Sequence[GatewayCall]) -> PaidCut:
    first = next((call for call in calls if call.input_tokens is not None), None)
    if first is None:
        return PaidCut(row, None, 0)
    found = payback(
        before_tokens=row.before_tokens,
        after_tokens=first.input_tokens or row.after_tokens,
        read_tokens=first.cache_read_tokens or 0,
        written_tokens=first.cache_creation_tokens or 0,
    )
    return PaidCut(row, found, len(calls) - 1)


def shares_of(calls: QuerySet[GatewayCall]) -> list[Share]:
    """With and without; empty where no conversation is left alone. One query."""
    rows = list(
        calls.order_by()
        .values("is_control")
        .annotate(
            conversations=Count("session", distinct=True), mean=Avg("input_tokens")
        )
        .order_by("is_control")
    )
    if not any(row["is_control"] for row in rows):
        return []
    return [Share(row["is_control"], row["conversations"], row["mean"]) for row in rows]
