"""What was spent: samples -> cells (tracker/domain/spend), with names to group by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Func,
    IntegerField,
    QuerySet,
    Sum,
    When,
)
from django.db.models.expressions import Combinable

from budget_site.postgresql.portions import reading_in_portions
from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.providers.pricing import SavedMoney
from tracker.domain.spend.cells import Cell
from tracker.domain.spend.tables import Row, blocks, by_cost, periods
from tracker.models import LLMSession, Project, UsageSample
from tracker.models.settings.catalogue import load_catalogue
from tracker.reading.sessions.clients import client_of
from tracker.reading.sessions.costs import saved_by
from tracker.reading.sessions.listing.labels import SAME, told
from tracker.reading.sessions.listing.lists import kept_counts
from tracker.reading.spend.prices import PricesInUse, UsedPrice
from tracker.reading.spend.remembered import microseconds

SUMS = {
    "requests": Count("*"),
    "told": Count("input_tokens"),
    "input": Sum("input_tokens"),
    "output": Sum("output_tokens"),
    "read": Sum("cache_read_tokens"),
    "written": Sum("cache_creation_tokens"),
    "for_hour": Sum("cache_hour_tokens"),
}
CLOCKS = timedelta(hours=1)  # more than a client's clock may be ahead of ours
BY = ("model", "project", "client", "repository", "branch", "team", "user")


@dataclass(frozen=True, slots=True)
class Whose:
    """What a session's cost can be grouped by. "" if it is not known."""

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


class Hour(Func):
    """The UTC hour of a time, as text: "2026-11-26 14"."""

    output_field = CharField()
    letters, pattern = 13, "YYYY-MM-DD HH24"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"substr(%(expressions)s, 1, {self.letters})"
        return super().as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = f"to_char(%(expressions)s AT TIME ZONE 'UTC', '{self.pattern}')"
        return super().as_sql(compiler, connection, template=template, **more)


class Day(Hour):
    """The UTC day of a time, as text: "2026-11-26"."""

    letters, pattern = 10, "YYYY-MM-DD"


def spend_of(
    projects: Iterable[Project],
    since: datetime | None,
    until: datetime,
    *,
    heard_since: datetime | None = None,
    only: Sequence[int] | None = None,
) -> Spend:
    """`since` None: from the beginning. `heard_since` leaves out sessions that have
    been silent since then, `only` all but these (ids).

    They read the samples of the sessions that were written to since then, so it takes
    as long as the span is large, whatever else is stored.
    """
    projects = list(projects)
    prices = PricesInUse(load_catalogue())
    samples = samples_in(projects, since, until, heard_since)
    shown = _sessions(projects, since, heard_since)
    if only is not None:
        samples = samples.filter(session__in=only)
        shown = shown.filter(pk__in=only)
    with reading_in_portions():
        sessions = _whose(projects, shown)
        models = {pk: whose.model for pk, whose in sessions.items()}
        cells = _cells(samples, prices, models)
    used = {cell.session_id for cell in cells}
    kept = {pk: whose for pk, whose in sessions.items() if pk in used}
    return Spend(cells, kept, min(prices.dates, default=""), prices.used())


def cells_of(
    models: Mapping[int, str],
    projects: Sequence[Project],
    since: datetime | None,
    until: datetime,
    *,
    heard_since: datetime | None = None,
) -> list[Cell]:
    """The same cells for who knows the sessions already: `models` says the model of
    each, by id; of others there are no cells.
    """
    samples = samples_in(projects, since, until, heard_since)
    with reading_in_portions():
        return _cells(samples, PricesInUse(load_catalogue()), models)


def _cells(
    samples: QuerySet[UsageSample], prices: PricesInUse, models: Mapping[int, str]
) -> list[Cell]:
    return [
        prices.cell(row, models[row["session"]])
        for row in _sums(samples, prices.thresholds)
        if row["session"] in models
    ]


def money_saved_by_compressions(
    projects: Sequence[Project], since: datetime | None, until: datetime
) -> SavedMoney | None:
    """What the compressions of this span have saved so far; None without any."""
    return saved_by(
        {"project__in": projects, "at__lt": until}
        | ({"at__gte": since} if since else {}),
        load_catalogue(),
    )


def _written_since(since: datetime | None) -> dict[str, Any]:
    """A sample is written after its time, so its session changed since then."""
    if since is None:
        return {}
    return {"changed_us__gte": microseconds(since - CLOCKS)}


def _heard_since(heard_since: datetime | None) -> dict[str, Any]:
    return {"last_at__gte": heard_since} if heard_since else {}


def _sessions(
    projects: Sequence[Project], since: datetime | None, heard_since: datetime | None
) -> QuerySet[LLMSession]:
    return LLMSession.objects.filter(
        project__in=projects, **_written_since(since), **_heard_since(heard_since)
    )


def _whose(
    projects: Sequence[Project], sessions: QuerySet[LLMSession]
) -> dict[int, Whose]:
    slugs = {project.pk: project.slug for project in projects}
    rows = sessions.values_list(
        "pk", "key", "title", "model", "project_id", "origin", "metadata"
    )
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


def samples_in(
    projects: Sequence[Project],
    since: datetime | None,
    until: datetime,
    heard_since: datetime | None = None,
    *,
    written_since: datetime | None = None,
    silent_since: datetime | None = None,
    counts: bool = False,
) -> QuerySet[UsageSample]:
    """Those that `spend_of` sums: of sessions that were written to from `written_since`
    on (it is later than `since`), or last before `silent_since`. `counts`: two more
    queries find the fastest way.
    """
    samples = UsageSample.objects.filter(at__lt=until)
    if since is not None:
        samples = samples.filter(at__gte=since)
    wanted = {
        "project_id__in": [project.pk for project in projects],
        **_written_since(since),
        **_heard_since(heard_since),
    }
    if written_since is not None:
        wanted["changed_us__gte"] = microseconds(written_since)
    if silent_since is not None:
        wanted["changed_us__lt"] = microseconds(silent_since)
    if counts and connection.vendor == "sqlite" and _are_most(wanted):
        # Session by session, SQLite would look up each sample by itself: of most of
        # 300,000 that takes twice as long as to read all as they are stored.
        for number, (name, value) in enumerate(wanted.items()):
            field, _, test = name.partition("__")
            kind = DateTimeField() if field == "last_at" else BigIntegerField()
            plain = Func(
                F(f"session__{field}"), template="+%(expressions)s", output_field=kind
            )
            samples = samples.alias(**{f"of_{number}": plain})
            samples = samples.filter(**{f"of_{number}__{test}": value})
        return samples
    return samples.filter(**{f"session__{name}": v for name, v in wanted.items()})


def _are_most(wanted: dict[str, Any]) -> bool:
    """Whether these are most of all sessions: counted by an index."""
    stored = sum(kept_counts(Project.objects.all()).values())
    return 2 * LLMSession.objects.filter(**wanted).count() > stored


def _sums(
    samples: QuerySet[UsageSample], thresholds: Sequence[int]
) -> Iterable[dict[str, Any]]:
    sums: Any = (
        samples.order_by()
        .values("session", "model", hour=Hour(F("at")), band=band_of(thresholds))
        .annotate(**SUMS)
        .order_by("hour", "session", "model", "band")
    )
    found: Iterable[dict[str, Any]] = sums.iterator()
    return found


def band_of(thresholds: Sequence[int]) -> Combinable:
    """How many of the thresholds of long contexts a request's input exceeds."""
    larger_first = reversed(list(enumerate(thresholds, start=1)))
    return Case(
        *(When(input_tokens__gt=most, then=n) for n, most in larger_first),
        default=0,
        output_field=IntegerField(),
    )


def rows_of(found: Spend, table: str) -> list[Row]:
    """The rows of one of TABLES."""
    if table == "session":
        return by_cost(found.cells, lambda cell: cell.session_id)
    if table == "blocks":
        return blocks(found.cells)
    return periods(found.cells, table)
