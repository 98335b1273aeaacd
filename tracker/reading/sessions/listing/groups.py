"""The sessions of a span in groups: by client, branch, team, user or any label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast

from tracker.domain.budget.status import LEVELS
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import LLMSession, Project
from tracker.reading.sessions.clients import CLIENTS, KEYS
from tracker.reading.sessions.listing.labels import SAME, Label, label_names
from tracker.reading.sessions.listing.lists import sessions_of
from tracker.reading.spend.cells import cells_of

BY = ("client", "repository", "branch", "team", "user", "project", "model")
MOST_NAMES = 20  # labels to group by, those of the most sessions
MOST_SESSIONS = 20_000  # the newest of the span


@dataclass(slots=True)
class Group:
    """`tokens` and `cost` (US dollars) are of all requests in the period; `unpriced` of
    them have no price. `level` is the worst that a session shows now, and `alarmed` the
    number of sessions at warning or above. `find` is the search that lists them.
    """

    name: str
    find: tuple[str, str] | None
    sessions: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0
    level: str = LEVELS[0]
    alarmed: int = 0


@dataclass(frozen=True, slots=True)
class Groups:
    """The dearest first. `names` are labels that these sessions have, beside BY.
    `is_cut`: there are more sessions than MOST_SESSIONS.
    """

    rows: list[Group]
    names: list[str]
    is_cut: bool


def groups_of(
    projects: Sequence[Project], by: str, since: datetime | None, until: datetime
) -> Groups:
    """`by` is one of BY, or the name of any label. Three queries."""
    slugs = {project.pk: project.slug for project in projects}
    found = sessions_of(projects).filter(last_at__lt=until)
    if since is not None:
        found = found.filter(last_at__gte=since)
    rows = list(
        found.order_by("-last_at").values_list(
            "pk", "project_id", "model", "origin", "level",
            Cast("metadata", TextField()),
        )[: MOST_SESSIONS + 1]
    )  # fmt: skip
    # Of 85,000 sessions, the cells of 65,000 were read to be left out.
    is_cut = len(rows) > MOST_SESSIONS
    # Their times are not read with them: making 17,000 took a sixth of the page.
    oldest = LLMSession.objects.get(pk=rows[-1][0]).last_at if is_cut else None
    del rows[MOST_SESSIONS:]
    cells = cells_of(
        {row[0]: row[2] for row in rows}, projects, since, until, heard_since=oldest
    )
    groups: dict[str, Group] = {}
    whose: dict[int, Group] = {}
    names: Counter[str] = Counter()
    placed: dict[tuple[Any, ...], Group] = {}
    told: Counter[str] = Counter(row[5] for row in rows)
    for metadata, count in told.items():
        for name in label_names(_decoded(metadata)):
            names[name] += count
    for pk, project, model, origin, level, metadata in rows:
        # Sessions of one place and client say the same, word by word.
        place = (project, model, origin, metadata)
        group = placed.get(place)
        if group is None:
            known = _decoded(metadata)
            name, find = _named(by, slugs[project], model, origin, known)
            group = placed[place] = groups.setdefault(name, Group(name, find))
        whose[pk] = group
        group.sessions += 1
        group.level = max(group.level, level, key=LEVELS.index)
        group.alarmed += level != LEVELS[0]
    for cell in cells:
        cost_of = whose.get(cell.session_id)
        if cost_of is None:
            continue
        cost_of.tokens += cell.usage.used_tokens + (cell.usage.output_tokens or 0)
        cost_of.requests += cell.requests
        cost_of.unpriced += cell.requests - (0 if cell.cost is None else cell.told)
        cost_of.cost += cell.cost or 0
    others = {key for keys in SAME.values() for key in keys} | set(BY)
    return Groups(
        rows=sorted(groups.values(), key=lambda g: (-g.cost, -g.tokens, g.name)),
        names=[n for n, _ in names.most_common() if n not in others][:MOST_NAMES],
        is_cut=is_cut,
    )


def _decoded(metadata: str | None) -> Any:
    return msgspec.json.decode(metadata or "null")


def _named(
    by: str, project: str, model: str, origin: str, metadata: Any
) -> tuple[str, tuple[str, str] | None]:
    """The group's name, and the question of the list of sessions that finds it."""
    if by == "project":
        return project, ("project", project)
    if by == "model":
        return visible(model), ("model", model) if model else None
    if by == "client" and origin in CLIENTS:
        return CLIENTS[origin], ("client", origin)
    known = metadata if isinstance(metadata, dict) else {}
    for key in KEYS if by == "client" else SAME.get(by, (by,)):
        value = known.get(key)
        if isinstance(value, str | int | float) and str(value):
            label = Label(key, str(value))
            return visible(str(value))[:100], ("meta", str(label))
    return "", None
