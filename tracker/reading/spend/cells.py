"""What was spent: samples -> cells (tracker/domain/spend), with names to group by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, Func, IntegerField, Sum, When
from django.db.models.expressions import Combinable

from budget_site.postgresql.portions import reading_in_portions
from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.providers.catalogue import Catalogue, EarlierPrices, ModelInfo
from tracker.domain.providers.pricing import PriceList, Prices, SavedMoney
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.domain.spend.cells import Cell, priced
from tracker.domain.spend.tables import Row, blocks, by_cost, periods
from tracker.models import LLMSession, Project, UsageSample
from tracker.models.settings.catalogue import load_catalogue
from tracker.reading.sessions.clients import client_of
from tracker.reading.sessions.costs import saved_by
from tracker.reading.sessions.listing.labels import SAME, told

CLOCKS = timedelta(hours=1)  # how far ahead of ours a client's may be, and more
BY = ("model", "project", "client", "repository", "branch", "team", "user")


@dataclass(frozen=True, slots=True)
class Whose:
    """What a session's cost can be grouped by. "" where nothing is known."""

    key: str
    title: str
    model: str
    project: str
    client: str
    repository: str
    branch: str
    team: str
    user: str


@dataclass(frozen=True, slots=True)
class UsedPrice:
    """A price that some of the cells cost. `until` is the day from which another one
    holds, None for the present one; `source` says who had it, and of which day.
    """

    model: str
    prices: Prices
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Spend:
    """The cells of some projects in a span, oldest first. `as_of` is the date of the
    oldest price that was used (ISO), "" where none was.
    """

    cells: list[Cell]
    sessions: dict[int, Whose]
    as_of: str
    prices: tuple[UsedPrice, ...] = ()  # by model, the oldest first

    def name_of(self, cell: Cell, by: str) -> str:
        """What `by` (one of BY) says of the cell; "" where nothing is known."""
        if by == "model":
            return cell.model
        return str(getattr(self.sessions[cell.session_id], by))


class _Hour(Func):
    """The UTC hour of a time, as text: "2026-11-26 14"."""

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "substr(%(expressions)s, 1, 13)"
        return super().as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return super().as_sql(compiler, connection, template=template, **more)


def spend_of(
    projects: Iterable[Project],
    since: datetime | None,
    until: datetime,
    *,
    heard_since: datetime | None = None,
) -> Spend:
    """Two queries. `since` None: from the beginning. `heard_since` leaves out sessions
    that have been silent since then.

    The first one reads the samples of the sessions that were written to since then, so
    it takes as long as the span is large, whatever else is stored.
    """
    projects = list(projects)
    prices = _Prices(load_catalogue())
    with reading_in_portions():
        sessions = _sessions(projects, since, heard_since)
        cells = [
            prices.cell(row, sessions[row["session"]].model)
            for row in _sums(projects, since, until, heard_since, prices.thresholds)
            if row["session"] in sessions
        ]
    used = {cell.session_id for cell in cells}
    kept = {pk: whose for pk, whose in sessions.items() if pk in used}
    return Spend(cells, kept, min(prices.dates, default=""), prices.used())


def money_saved_by_compressions(
    projects: Sequence[Project], since: datetime | None, until: datetime
) -> SavedMoney | None:
    """What the compressions of this span have saved so far; None without any."""
    return saved_by(
        {"project__in": projects, "at__lt": until}
        | ({"at__gte": since} if since else {}),
        load_catalogue(),
    )


def _written_since(since: datetime | None, prefix: str = "") -> dict[str, Any]:
    """A sample is written after its time, so its session changed since then."""
    if since is None:
        return {}
    border = int((since - CLOCKS).timestamp() * 1_000_000)
    return {f"{prefix}changed_us__gte": border}


def _heard_since(heard_since: datetime | None, prefix: str = "") -> dict[str, Any]:
    return {f"{prefix}last_at__gte": heard_since} if heard_since else {}


def _sessions(
    projects: Sequence[Project], since: datetime | None, heard_since: datetime | None
) -> dict[int, Whose]:
    slugs = {project.pk: project.slug for project in projects}
    rows = LLMSession.objects.filter(
        project__in=list(slugs), **_written_since(since), **_heard_since(heard_since)
    ).values_list("pk", "key", "title", "model", "project_id", "origin", "metadata")
    return {
        pk: Whose(
            key=key,
            title=title,
            model=model,
            project=slugs[project],
            client=visible(client_of(origin, metadata))[:60],
            **{name: visible(told(metadata, name))[:100] for name in SAME},
        )
        for pk, key, title, model, project, origin, metadata in rows.iterator()
    }


def _sums(
    projects: Sequence[Project],
    since: datetime | None,
    until: datetime,
    heard_since: datetime | None,
    thresholds: Sequence[int],
) -> Iterable[dict[str, Any]]:
    samples = UsageSample.objects.filter(
        session__project__in=projects,
        at__lt=until,
        **_written_since(since, "session__"),
        **_heard_since(heard_since, "session__"),
    )
    if since is not None:
        samples = samples.filter(at__gte=since)
    sums: Any = (
        samples.order_by()
        .values("session", "model", hour=_Hour(F("at")), band=_band(thresholds))
        .annotate(
            requests=Count("*"),
            told=Count("input_tokens"),
            input=Sum("input_tokens"),
            output=Sum("output_tokens"),
            read=Sum("cache_read_tokens"),
            written=Sum("cache_creation_tokens"),
            for_hour=Sum("cache_hour_tokens"),
        )
        .order_by("hour", "session", "model", "band")
    )
    found: Iterable[dict[str, Any]] = sums.iterator()
    return found


def _band(thresholds: Sequence[int]) -> Combinable:
    """How many of the thresholds of long contexts a request's input exceeds."""
    larger_first = reversed(list(enumerate(thresholds, start=1)))
    return Case(
        *(When(input_tokens__gt=most, then=n) for n, most in larger_first),
        default=0,
        output_field=IntegerField(),
    )


class _Prices:
    """Prices of a model's requests in a band of input."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, ModelInfo | None] = {}
        self.dates: set[str] = set()
        self._used: set[tuple[str, EarlierPrices | None]] = set()
        lists = [
            prices
            for info in catalogue.models.values()
            for prices in (info.prices, *(each.prices for each in info.earlier))
            if prices is not None
        ]
        self.thresholds = sorted({p.long_tokens for p in lists if p.long_tokens})

    def cell(self, row: dict[str, Any], unnamed: str) -> Cell:
        model = row["model"] or unnamed
        if model not in self._known:
            self._known[model] = self._catalogue.find(model)
        info = self._known[model]
        hour = datetime.strptime(row["hour"], "%Y-%m-%d %H").replace(tzinfo=UTC)
        listed = info.prices_on(hour.date()) if info is not None else None
        prices = None
        if listed is not None:
            band = row["band"]
            tokens = self.thresholds[band - 1] + 1 if band else 0
            prices = PriceList(listed.prices_at(tokens))
        cell = priced(
            hour,
            row["session"],
            model,
            row["requests"],
            row["told"],
            ReportedUsage(
                input_tokens=row["input"] or 0,
                output_tokens=row["output"] or 0,
                cache_read_tokens=row["read"] or 0,
                cache_creation_tokens=row["written"] or 0,
                semantics="sums",
                cache_hour_tokens=row["for_hour"] or 0,
            ),
            prices,
        )
        if info is not None and cell.cost is not None:
            self.dates.add(info.as_of)
            self._used.add((model, info.earlier_on(hour.date())))
        return cell

    def used(self) -> tuple[UsedPrice, ...]:
        found = []
        for model, earlier in self._used:
            info = self._known[model]
            if earlier is not None:
                base, until = earlier.prices.base, earlier.until
                found.append(UsedPrice(model, base, until, earlier.source))
            elif info is not None and info.prices is not None:
                source = f"{info.source}, {info.as_of}"
                found.append(UsedPrice(model, info.prices.base, None, source))
        return tuple(sorted(found, key=lambda p: (p.model, p.until or date.max)))


def rows_of(found: Spend, table: str) -> list[Row]:
    """The rows of one of TABLES."""
    if table == "session":
        return by_cost(found.cells, lambda cell: cell.session_id)
    if table == "blocks":
        return blocks(found.cells)
    return periods(found.cells, table)
