"""What fills the window, as the session page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html_join

from tracker.domain.composition.composition import (
    Composition,
    Large,
    Repeat,
    Share,
    ToolShare,
)
from tracker.domain.composition.groups import (
    Advice,
    Group,
    advice_for,
    groups_of,
    headline,
    needed,
)
from tracker.domain.composition.portions import KINDS
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import LLMSession
from tracker.pages.charts.palette import PART_WORDS
from tracker.pages.sessions.treemap import Treemap, treemaps
from tracker.reading.sessions.composition import (
    Added,
    SessionComposition,
    composition_of,
)

TURNS = 60  # in the chart; the table shows the newest
ROWS = 8
CHART_HEIGHT = 96
_BAR = (
    '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>'
)


@dataclass(frozen=True, slots=True)
class TurnBar:
    """One request. `x`, `width` in percent and `y`, `height` in pixels are its bar's;
    `height` is 0 where nothing is known or the window shrank.
    """

    pk: int
    at: datetime
    change: int | None
    added: list[tuple[int, str, str]]
    words: str
    more: int
    x: float
    width: float
    height: float

    @property
    def y(self) -> float:
        return CHART_HEIGHT - self.height

    @property
    def lines(self) -> list[tuple[int, str]]:
        """(tokens, words) of what it brought."""
        return [
            (tokens, label or KINDS.get(kind, "other"))
            for tokens, kind, label in self.added
        ]

    @property
    def unseen(self) -> int:
        """Tokens by which the window grew that its messages do not show, where these
        are most of them: the client adds something of its own, or the text is cut.
        """
        rest = (self.change or 0) - sum(tokens for tokens, *_ in self.added)
        return rest if self.added and rest * 2 > (self.change or 0) else 0

    @property
    def title(self) -> str:
        change = "the first" if self.change is None else f"{self.change:+,}"
        return f"{change}: {self.words}" if self.words else change


@dataclass(frozen=True, slots=True)
class ShownComposition:
    """`maps` are empty where nothing is known of the window."""

    found: SessionComposition
    headline: str
    groups: tuple[Group, ...]
    maps: list[Treemap]
    kinds: list[Share]
    tools: tuple[ToolShare, ...]
    files: list[tuple[Share, int]]
    largest: list[tuple[Large, str]]
    advice: tuple[Advice, ...]
    turns: list[TurnBar]  # oldest first
    place: int  # of the turn that is shown in full, among `turns`
    inferred: int = 0  # tokens that are named by what is left, not by their text

    @property
    def composition(self) -> Composition:
        return self.found.composition

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        """(name, word, tokens) of the parts that are there."""
        parts = self.composition.parts
        found = [(n, word, getattr(parts, n)) for n, word in PART_WORDS.items()]
        return [each for each in found if each[2]]

    @property
    def is_known(self) -> bool:
        return bool(self.groups)

    @property
    def newest_turns(self) -> list[TurnBar]:
        return self.turns[: -ROWS - 1 : -1]

    @property
    def turn(self) -> TurnBar:
        return self.turns[self.place]

    @property
    def jump(self) -> TurnBar | None:
        """The turn that added the most, of those whose reason is known."""
        known = (turn for turn in self.turns if turn.words and (turn.change or 0) > 0)
        return max(known, key=lambda turn: turn.change or 0, default=None)

    @property
    def bars(self) -> str:
        """The chart's SVG. Sixty bars in the template took a fifth of the page."""
        return format_html_join("", _BAR, map(self._bar, self.turns))

    def _bar(self, turn: TurnBar) -> tuple[str, ...]:
        box = (turn.x, turn.y, turn.width, turn.height)
        is_on = "on" if turn.pk == self.turn.pk else ""
        return (is_on, *(f"{n:.3f}" for n in box), visible(turn.title))

    @property
    def earlier(self) -> TurnBar | None:
        return self.turns[self.place - 1] if self.place > 0 else None

    @property
    def later(self) -> TurnBar | None:
        after = self.turns[self.place + 1 :]
        return after[0] if after else None

    @property
    def has_turns(self) -> bool:
        return any(turn.words for turn in self.turns)

    @property
    def has_chart(self) -> bool:
        """False for one turn, and where the window never grew: the chart were empty."""
        return any(turn.height for turn in self.turns)

    @property
    def has_spare_tiles(self) -> bool:
        return any(box.spare for each in self.maps[:1] for box in each.boxes)

    @property
    def spare(self) -> int:
        return sum(each.tokens for each in self.advice)

    @property
    def largest_tokens(self) -> int:
        return sum(large.tokens for large, _ in self.largest)

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        return self.composition.repeats

    @property
    def summary(self) -> str:
        """What the map is called for those who cannot see it."""
        named = [f"{group.name} {group.tokens:,}" for group in self.groups[:3]]
        return "What fills the window: areas are tokens. Largest: " + ", ".join(named)


def shown_composition(
    session: LLMSession, lane: str, turn: str = ""
) -> ShownComposition:
    """`turn` is the sample that the reader stepped to; the newest where it is none."""
    chosen = int(turn) if turn.isdecimal() and len(turn) < 19 else 0
    found = composition_of(
        session, lane, turns=TURNS, with_turn=chosen, has_compressions=False
    )
    turns = _turns(found.turns)
    places = [at for at, each in enumerate(turns) if each.pk == chosen]
    composition = found.composition
    is_known = found.at is not None
    groups = groups_of(composition) if is_known else ()
    reads = composition.reads or {}
    return ShownComposition(
        found=found,
        headline=headline(composition, groups) if groups else "",
        groups=groups,
        maps=treemaps(groups) if groups else [],
        kinds=[Share(KINDS[kind], tokens) for kind, tokens in composition.kinds],
        tools=composition.tools[:8],
        files=[(file, reads.get(file.name, 0)) for file in composition.files[:8]],
        largest=[
            (each, needed(composition, each.label, each.kind))
            for each in composition.largest
        ],
        advice=advice_for(composition),
        turns=turns,
        place=places[0] if places else max(0, len(turns) - 1),
        inferred=composition.uncounted if session.parts_source == "inferred" else 0,
    )


def _turns(newest_first: list[Added]) -> list[TurnBar]:
    turns = newest_first[::-1]
    most = max((turn.change or 0 for turn in turns), default=0) or 1
    slot = 100 / max(12, len(turns))
    return [
        TurnBar(
            pk=turn.pk,
            at=turn.at,
            change=turn.change,
            added=turn.added,
            words=_words(turn.added),
            more=max(0, len(turn.added) - 1),
            x=slot * number,
            width=slot * 0.7,
            height=max(0.0, (CHART_HEIGHT - 6) * max(0, turn.change or 0) / most),
        )
        for number, turn in enumerate(turns)
    ]


def _words(added: list[tuple[int, str, str]]) -> str:
    """The largest thing that the turn brought: `Read worker/app.py`, `You: “…”`."""
    if not added:
        return ""
    _, kind, label = added[0]
    if kind == "user_text" and label:
        return f"You: {label}"
    return label or KINDS.get(kind, "")
