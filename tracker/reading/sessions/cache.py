"""A session's prompt cache: which requests missed it, and when it expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tracker.domain.caching.misses import (
    Miss,
    Turn,
    cost_of_miss,
    lifetime_of,
    misses_of,
)
from tracker.domain.providers.catalogue import Catalogue
from tracker.models import Compression, LLMSession, UsageSample
from tracker.models.settings.catalogue import load_catalogue

NEWEST_TURNS = 2_000  # looked at
SHOWN = 8  # the newest misses


@dataclass(frozen=True, slots=True)
class CostlyMiss:
    """`cost` is US dollars more than a hit, None without a price."""

    miss: Miss
    words: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class SessionCache:
    """The main lane's. `read_share` of its input was read from the cache. `held` tokens
    are in it until `expires`; to write them again costs `refill` more than to read.
    """

    read_share: float
    misses: list[CostlyMiss]  # the newest first, SHOWN at most
    miss_count: int
    cost: Decimal | None  # of all misses with a price
    held: int
    lifetime: timedelta
    expires: datetime
    is_hour_told: bool
    refill: Decimal | None
    is_cut: bool  # there are more turns than were looked at


def cache_of(session: LLMSession) -> SessionCache | None:
    """None if no request reported its cache. Two queries, and the prices."""
    turns, is_cut = _turns(session)
    if not any(turn.cached for turn in turns):
        return None
    catalogue = load_catalogue()
    missed = [
        CostlyMiss(miss, miss.words, _cost(miss, catalogue))
        for miss in misses_of(turns, _compactions(session, turns[0].at))
    ]
    costs = [each.cost for each in missed if each.cost is not None]
    whole = sum(turn.input for turn in turns)
    last = turns[-1]
    # What a request wrote says how long it lives; one that only reads renews that.
    wrote = next((turn for turn in reversed(turns) if turn.written), last)
    lifetime = lifetime_of(wrote)
    again = Turn(
        last.at, last.model, last.input, 0, last.cached, wrote.written_for_hour
    )
    return SessionCache(
        read_share=sum(turn.read for turn in turns) / whole if whole else 0.0,
        misses=missed[: -SHOWN - 1 : -1],
        miss_count=len(missed),
        cost=sum(costs, Decimal(0)) if costs else None,
        held=last.cached,
        lifetime=lifetime,
        expires=last.at + lifetime,
        is_hour_told=wrote.written_for_hour > 0,
        refill=_cost(Miss(again, "idle", last.cached, lifetime), catalogue),
        is_cut=is_cut,
    )


def _cost(miss: Miss, catalogue: Catalogue) -> Decimal | None:
    info = catalogue.find(miss.turn.model)
    prices = info.prices_on(miss.turn.at.date()) if info is not None else None
    return None if prices is None else cost_of_miss(miss, prices)


def _turns(session: LLMSession) -> tuple[list[Turn], bool]:
    """The newest of the main lane, oldest first; whether there are more.

    Requests beside the conversation (a title, a summary) have a cache of their own.
    """
    rows = (
        UsageSample.objects.filter(
            session=session, lane="main", implausible="", input_tokens__isnull=False
        )
        .order_by("-at", "-pk")
        .values_list(
            "at", "model", "input_tokens", "cache_read_tokens",
            "cache_creation_tokens", "cache_hour_tokens", "cache_reason",
        )[: NEWEST_TURNS + 1]
    )  # fmt: skip
    newest = [
        Turn(
            at,
            model or session.model,
            whole or 0,
            read or 0,
            written or 0,
            hour or 0,
            told,
        )
        for at, model, whole, read, written, hour, told in rows
    ]
    return newest[NEWEST_TURNS - 1 :: -1], len(newest) > NEWEST_TURNS


def _compactions(session: LLMSession, since: datetime) -> list[datetime]:
    rows = Compression.objects.filter(
        session=session, lane="main", is_advice=False, at__gte=since
    )
    return list(rows.order_by("at").values_list("at", flat=True))
