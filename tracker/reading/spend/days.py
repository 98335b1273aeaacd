"""What was spent by day or by hour: sums of many sessions, made by the database."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    Func,
    Max,
    Min,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf

from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.spend.cells import Cell
from tracker.models import Project, UsageSample
from tracker.models.settings.catalogue import load_catalogue
from tracker.reading.sessions.clients import KEYS, client_of
from tracker.reading.sessions.listing.labels import SAME, told
from tracker.reading.spend.cells import (
    SUMS,
    Day,
    Hour,
    Spend,
    Whose,
    band_of,
    samples_in,
)
from tracker.reading.spend.prices import PricesInUse

_CACHED = Coalesce("cache_read_tokens", 0) + Coalesce("cache_creation_tokens", 0)
# Where this holds of no request, a sum of requests costs what they cost by the hour and
# session. Else numbers that contradict each other would offset those of other sessions:
# a cache that is larger than the input, and output of a request without input.
_ODD = (
    Q(input_tokens__lt=_CACHED)
    | Q(cache_hour_tokens__gt=Coalesce("cache_creation_tokens", 0))
    | Q(input_tokens=None, output_tokens__gt=0)
    | Q(input_tokens=None, cache_read_tokens__gt=0)
    | Q(input_tokens=None, cache_creation_tokens__gt=0)
)


class _Told(Func):
    """What metadata says of some keys, as the text of a JSON array."""

    output_field = TextField()

    def __init__(self, metadata: str, keys: Sequence[str]) -> None:
        super().__init__(F(metadata))
        self._keys = tuple(keys)  # at least two, of this code's own words

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        paths = ", ".join(f"""'$."{key}"'""" for key in self._keys)
        template = f"json_extract(%(expressions)s, {paths})"
        return super().as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        values = ", ".join(f"%(expressions)s -> '{key}'" for key in self._keys)
        template = f"jsonb_build_array({values})::text"
        return super().as_sql(compiler, connection, template=template, **more)


def spend_by_day(
    projects: Iterable[Project],
    since: datetime | None,
    until: datetime,
    *,
    by: Collection[str] = (),
    hourly: bool = False,
    written_since: datetime | None = None,
    silent_since: datetime | None = None,
) -> Spend:
    """As `spend_of`, with cells of many sessions: those of a day (its first hour), a
    model and equal names by `by`, some of cells.BY. Only these names are known of a
    cell. `hourly`: cells of an hour. Sums over the cells are those of `spend_of`.
    `written_since` and `silent_since` as in `samples_in`.

    100 sessions of two models in one repository on a day, by repository: two cells.
    """
    names = frozenset(by) - {"model"}
    keys = (*KEYS, *(key for name in SAME if name in names for key in SAME[name]))
    prices = PricesInUse(load_catalogue())
    projects = list(projects)
    slugs = {project.pk: project.slug for project in projects}
    samples = samples_in(
        projects, since, until, written_since=written_since, silent_since=silent_since,
        counts=True,
    )  # fmt: skip
    groups: dict[str, Any] = {"band": band_of(prices.thresholds)}
    if "project" in names:
        groups["of"] = F("session__project")
    if names - {"project"}:
        groups["from_origin"] = F("session__origin")
        groups["told_by"] = _Told("session__metadata", keys)
    start = Hour(F("at")) if hourly else Day(F("at"))
    rows = list(
        named(samples)
        .values("named", hour=start, **groups)
        .annotate(one=Min("session"), odd=Max(_is_odd()), **SUMS)
        .order_by("hour", "one", "named", "band")
    )
    odd = {
        row["named"]
        for row in rows
        if row["odd"] or (row["output"] and prices.lacks_output(row["named"]))
    }
    if odd:
        rows = [row for row in rows if row["named"] not in odd]
        rows += (
            named(samples)
            .filter(named__in=odd)
            .values("named", one=F("session"), hour=Hour(F("at")), **groups)
            .annotate(**SUMS)
        )
        rows.sort(key=lambda row: (row["hour"], row["one"], row["named"], row["band"]))
    cells: list[Cell] = []
    whose: dict[int, Whose] = {}
    known: dict[Any, Whose] = {}
    for row in rows:
        cells.append(prices.cell(row | {"session": row["one"], "model": row["named"]}))
        said = row.get("of"), row.get("from_origin", ""), row.get("told_by")
        if said not in known:
            known[said] = _whose(keys, slugs.get(said[0], ""), *said[1:])
        whose[row["one"]] = known[said]
    return Spend(cells, whose, min(prices.dates, default=""), prices.used())


def named(samples: QuerySet[UsageSample]) -> Any:
    """A sample without a model is of its session's."""
    own = NullIf("model", Value(""))
    found = Coalesce(own, "session__model", output_field=CharField())
    return samples.order_by().annotate(named=found)


def _is_odd() -> Case:
    return Case(When(_ODD, then=Value(1)), default=Value(0))


def _whose(
    keys: Sequence[str], project: str, origin: str, told_by: str | None
) -> Whose:
    values = json.loads(told_by) if told_by else []
    metadata = {key: v for key, v in zip(keys, values, strict=False) if v is not None}
    return Whose(
        key="",
        title="",
        model="",
        project=project,
        client=visible(client_of(origin, metadata))[:60],
        **{name: visible(told(metadata, name))[:100] for name in SAME},
    )
