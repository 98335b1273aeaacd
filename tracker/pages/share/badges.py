"""Badges for a README: two words of text, coloured by the level they tell of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tracker.domain.budget.status import LEVELS
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import ShareLink
from tracker.pages.charts.palette import LIGHT
from tracker.pages.sessions.present import judged_session
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.active import active_counts
from tracker.reading.sessions.listing.lists import (
    SessionFilter,
    capped_counts,
    filtered_sessions,
)

GREY = "#5a6371"
ACTIVE = timedelta(hours=1)
CHARACTER, SPACE = 6.6, 12  # of 11 px in common fonts, generously
TITLE_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Badge:
    """All in pixels; `left` and `right` are the widths of the two fields."""

    name: str
    text: str
    colour: str

    @property
    def left(self) -> int:
        return round(len(self.name) * CHARACTER) + SPACE

    @property
    def right(self) -> int:
        return round(len(self.text) * CHARACTER) + SPACE

    @property
    def width(self) -> int:
        return self.left + self.right

    @property
    def left_middle(self) -> float:
        return self.left / 2

    @property
    def right_middle(self) -> float:
        return self.left + self.right / 2


BROKEN = Badge("token budget", "link expired", GREY)


def badge_of(link: ShareLink) -> Badge:
    """A session: `my task | 83.2 %`. A project or a model: `claude-opus-4-5 | 1 of 7
    critical`, of the sessions that reported within the last hour.
    """
    if link.session is not None:
        status = judged_session(link.session, present_policies()).status
        used = str(status.as_dict()["used_percent"])
        return Badge(_short(str(link.session)), used, LIGHT.levels[status.level])
    since = timezone.now() - ACTIVE
    if link.model:
        wanted = SessionFilter("", link.model, "", active_since=since)
        counts = capped_counts(filtered_sessions([link.project], wanted))
    else:
        counts = active_counts([link.project_id], since)
    return _of_counts(_short(visible(link.model) or str(link.project)), counts)


def _of_counts(name: str, counts: dict[str, int]) -> Badge:
    """The worst level that a session stands at, and how many do."""
    total = sum(counts.values())
    if not total:
        return Badge(name, "no active session", GREY)
    worst = max((level for level in LEVELS if counts[level]), key=LEVELS.index)
    text = (
        f"{total:,} active"
        if worst == "ok"
        else (f"{counts[worst]:,} of {total:,} {worst}")
    )
    return Badge(name, text, LIGHT.levels[worst])


def _short(name: str) -> str:
    return name if len(name) <= TITLE_SHOWN else name[: TITLE_SHOWN - 1] + "…"
