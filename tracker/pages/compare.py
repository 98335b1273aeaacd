"""Two sessions side by side: what fills them, what they cost, what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import LEVELS
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import LLMSession
from tracker.pages.charts.palette import PART_WORDS
from tracker.pages.frame.chrome import projects_of
from tracker.pages.sessions.detail import lane_samples, visible_session
from tracker.pages.sessions.present import GaugeRow, judged_rows
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.cache import SessionCache, cache_of
from tracker.reading.sessions.costs import SessionCost, cost_of_session
from tracker.templatetags.budget_text import money, percent, tokens
from tracker.templatetags.moments import duration

OFFERED = 100  # sessions that a side can be changed to, the last active


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, and all that the table says of it."""

    row: GaugeRow
    cost: SessionCost | None
    cache: SessionCache | None
    peak: int | None
    output: int | None
    events: dict[str, int]  # by the level that was reached
    lanes: int

    @property
    def session(self) -> LLMSession:
        return self.row.session


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A row of the table. `more` is what the second has more than the first."""

    word: str
    first: str
    second: str
    more: str = ""
    part: str = ""


@require_GET
@login_required
def compare(request: HttpRequest) -> HttpResponse:
    """Of ?a= and ?b=, or the first two of ?with=. What is missing can be chosen."""
    asked = request.GET.getlist("with")[:2]
    chosen = [
        _chosen(request, request.GET.get(name) or (asked[at : at + 1] or [""])[0])
        for at, name in enumerate("ab")
    ]
    known = [session for session in chosen if session is not None]
    book, now = present_policies(), timezone.now()
    rows = judged_rows(known, book, active_since=now)
    sides = [side_of(row) for row in rows]
    context = {
        "chosen": list(zip("ab", chosen, strict=True)),
        "sides": sides,
        "lines": list(lines_of(*sides)) if len(sides) == 2 else [],
        "offered": _offered(request),
        "now": now,
    }
    return render(request, "tracker/sessions/compare.html", context)


def _chosen(request: HttpRequest, text: str) -> LLMSession | None:
    """Raises Http404 unless it is a session that this person may see."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Http404("There is no such session.")
    return visible_session(request, int(text))


def _offered(request: HttpRequest) -> list[LLMSession]:
    rows = LLMSession.objects.filter(project__in=[p.pk for p in projects_of(request)])
    return list(rows.exclude(last_at=None).order_by("-last_at", "-pk")[:OFFERED])


def side_of(row: GaugeRow) -> Side:
    """Nine queries: for two sessions, never for each of a list."""
    session = row.session
    main = lane_samples(session, "main").filter(implausible="")
    sums = main.aggregate(peak=Max("used_tokens"), output=Sum("output_tokens"))
    fired = session.events.order_by().values_list("to_level").annotate(n=Count("pk"))
    return Side(
        row,
        cost_of_session(session),
        cache_of(session),
        sums["peak"],
        sums["output"],
        dict(fired),
        session.lanes.count(),
    )


def lines_of(a: Side, b: Side) -> Iterator[ComparedLine]:
    """The table, group by group. A number that one of them lacks has no difference."""
    yield _text("Client and place", a, b, lambda s: " · ".join(s.row.where) or "–")
    yield _text("Model", a, b, lambda s: visible(s.session.model) or "–")
    yield _text("Policy", a, b, lambda s: visible(s.row.status.policy))
    yield _text("Window", a, b, lambda s: tokens(s.row.status.limits.window_tokens))
    yield _number("Used", a, b, lambda s: s.row.status.used_tokens)
    yield _number("Most ever used", a, b, lambda s: s.peak)
    for name, word in PART_WORDS.items():
        yield _number(word, a, b, _part(name), name)
    yield _number("Turns", a, b, lambda s: s.session.sample_count)
    yield _number("Messages", a, b, lambda s: s.session.message_count)
    yield _number("Sub-agent lanes", a, b, lambda s: s.lanes)
    yield _number("Output tokens", a, b, lambda s: s.output)
    yield _text("From first to last report", a, b, _lasted)
    yield _cost("Cost", a, b, lambda s: s.cost.amount if s.cost else None)
    yield _cost("Cost per turn", a, b, _cost_per_turn)
    yield _share(
        "Read from the cache", a, b, lambda s: s.cache.read_share if s.cache else None
    )
    yield _number(
        "Cache misses", a, b, lambda s: s.cache.miss_count if s.cache else None
    )
    yield _cost("Cost of the misses", a, b, lambda s: s.cache.cost if s.cache else None)
    yield _number("Compressions", a, b, lambda s: s.session.compression_count)
    yield _number("Tokens freed by them", a, b, lambda s: s.session.saved_tokens)
    yield _number("Threshold events", a, b, lambda s: s.session.event_count)
    for level in LEVELS[1:]:
        yield _number(f"Reached {level}", a, b, _reached(level))


def _text(word: str, a: Side, b: Side, of: Callable[[Side], str]) -> ComparedLine:
    return ComparedLine(word, of(a), of(b))


def _number(
    word: str, a: Side, b: Side, of: Callable[[Side], int | None], part: str = ""
) -> ComparedLine:
    return _line(word, of(a), of(b), tokens, part)


def _cost(
    word: str, a: Side, b: Side, of: Callable[[Side], Decimal | None]
) -> ComparedLine:
    return _line(word, of(a), of(b), money)


def _share(
    word: str, a: Side, b: Side, of: Callable[[Side], float | None]
) -> ComparedLine:
    """Its difference is in points of percent."""
    line = _line(word, of(a), of(b), percent)
    return replace(line, more=line.more.replace("%", "points"))


def _line(
    word: str, first: Any, second: Any, show: Callable[[Any], str], part: str = ""
) -> ComparedLine:
    more = ""
    if first is not None and second is not None and first != second:
        more = show(second - first)
        more = f"+{more}" if second > first else more
    return ComparedLine(word, show(first), show(second), more, part)


def _part(name: str) -> Callable[[Side], int]:
    return lambda side: int(getattr(side.row.status.parts, name))


def _reached(level: str) -> Callable[[Side], int]:
    return lambda side: side.events.get(level, 0)


def _lasted(side: Side) -> str:
    first, last = side.session.first_at, side.session.last_at
    return duration(last - first) if first and last else "–"


def _cost_per_turn(side: Side) -> Decimal | None:
    if side.cost is None or side.cost.amount is None or not side.cost.priced_requests:
        return None
    return side.cost.amount / side.cost.priced_requests
