"""The local summariser: the most informative units of the middle, in their order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, islice, pairwise
from operator import attrgetter

from tracker.domain.compression.summary.literals import (
    literals_room,
    untold_literals,
    with_literals,
)
from tracker.domain.compression.summary.salience import RECORD, Ranking, Unit, rank
from tracker.domain.compression.summary.squeeze import is_plain_chat, squeeze
from tracker.domain.compression.summary.summarising import (
    Source,
    Summary,
    SummaryRequest,
)
from tracker.domain.compression.summary.summary_lines import (
    GAP,
    SummaryLine,
    lines_tokens,
)
from tracker.domain.conversation.message_pieces import NAMING, Piece
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.text.text_repair import repair_text
from tracker.domain.conversation.text.units import clauses, split_units
from tracker.domain.conversation.text.vocabulary import features_of
from tracker.domain.counting.content_tokens import compact_json
from tracker.domain.counting.measure import Count

_SCARCE = 3  # times the budget: where clauses are chosen rather than sentences
_CLAUSE_SIZE = 120  # characters: about 35 tokens
_LEAST_UNIT = 8  # tokens
_is_blank_row = re.compile(r"\d+→").fullmatch  # as an agent's tool shows a file
_ROUNDS = 6  # of adjusting the packing to what the counter says of the whole


def is_media(piece: Piece) -> bool:
    """Whether a block of this type holds something that text cannot replace."""
    return piece.kind in (*NAMING, "result")


def named_media(message: Message) -> tuple[str, ...]:
    """What a summary cannot carry, named: `[document report.pdf, application/pdf]`."""
    return tuple(
        dict.fromkeys(f"[{p.name}]" for p in message.pieces if p.name and is_media(p))
    )


def source_units(message: Message) -> tuple[str, ...]:
    """A message as plain units: calls named, tool JSON flattened. What text cannot
    replace is returned apart (`named_media`).
    """
    units: list[str] = []
    for piece in message.pieces:
        if _is_call(piece):
            parts = split_units(piece.text) if len(piece.text) > 2 else []
            units.append(f"→ {piece.name} {parts[0] if parts else ''}".rstrip())
            units.extend(parts[1:])
        else:
            units.extend(split_units(piece.text))
    return tuple(units)


def source_text(message: Message) -> str:
    """All that a message says, as it was; what text cannot carry is named."""
    texts = []
    for piece in message.pieces:
        if _is_call(piece):
            texts.append(f"→ {piece.name} {_arguments(piece.text)}".rstrip())
        else:
            texts += [piece.text] if piece.text else []
            texts += [f"[{piece.name}]"] if piece.name and is_media(piece) else []
    return "\n".join(texts).strip()


def _is_call(piece: Piece) -> bool:
    """Also of a tool that the provider ran itself."""
    return piece.kind == "call" or (piece.kind == "other" and bool(piece.name))


def _arguments(text: str) -> str:
    """A call's JSON object as `key: value`: code in it has its lines and quotes;
    anything else as it is.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(found, dict):
        return text
    rows = [
        f"{key}: {value if isinstance(value, str) else compact_json(value)}"
        for key, value in found.items()
    ]
    # JSON may spell half an emoji as an escape.
    return repair_text(("\n" if any("\n" in row for row in rows) else ", ").join(rows))


def whole_summary(request: SummaryRequest) -> Summary | None:
    """All messages word for word; None where the budget is too small for that."""
    lines = tuple(
        _line(source, source.text or " ".join(source.units), kind="extract")
        for source in request.sources
        if source.text or source.units
    )
    if not lines or lines_tokens(lines, request.count) > request.budget_tokens:
        return None
    return Summary(lines)


def extractive_summary(request: SummaryRequest) -> Summary:
    """All units if they fit; else the best ones, plain chat lines squeezed."""
    lines = _all_units(request.sources)
    tokens = lines_tokens(lines, request.count)
    if tokens <= request.budget_tokens:
        return Summary(tuple(lines))
    if tokens > _SCARCE * request.budget_tokens:
        request = replace(request, sources=tuple(map(_finer, request.sources)))
    units = _units(request.sources, request.count)
    recent = frozenset(features_of(request.recent))
    ranking = rank(
        units,
        request.budget_tokens,
        recent=recent,
        visible=recent.union(features_of(request.before)),
    )
    room = literals_room(units, request.budget_tokens, ranking.scarcity)
    return Summary(tuple(_with_literals(units, ranking, request, room)))


def _with_literals(
    units: Sequence[Unit], ranking: Ranking, request: SummaryRequest, room: int
) -> list[SummaryLine]:
    """The best units, and literals that they do not tell in `room` tokens of it."""
    budget = request.budget_tokens
    main = replace(request, budget_tokens=budget - room)
    lines = _packed(units, ranking.order, main)
    if room < _LEAST_UNIT:
        return lines
    told = "\n".join(line.text for line in lines)
    untold = untold_literals(units, ranking.features, ranking.weights, told)
    literals = list(islice(untold, room))
    empty = [_line(source, "", kind="extract") for source in request.sources]
    room = budget - lines_tokens(lines, request.count)
    while room > 0:
        full = with_literals(lines, literals, empty, room, request.count)
        over = lines_tokens(full, request.count) - budget
        if over <= 0:
            return full
        room -= max(over, _LEAST_UNIT)
    return lines


def _finer(source: Source) -> Source:
    """Sentences and records as clauses. One address is all that is needed of a record
    of ten fields: whole, it costs more than what else the room could hold.
    """
    if source.role == "tool" and not _is_data(source):
        return source  # a program's lines are short, and commas in code end nothing
    units = (part for unit in source.units for part in clauses(unit, _CLAUSE_SIZE))
    return replace(source, units=tuple(units))


def _is_data(source: Source) -> bool:
    """Whether a tool gave records rather than a program's output."""
    return source.role == "tool" and source.text[:1] in ("{", "[")


def _all_units(sources: Sequence[Source]) -> list[SummaryLine]:
    return [
        _line(source, " ".join(filter(None, source.units)), kind="extract")
        for source in sources
        if any(source.units)
    ]


def _line(source: Source, text: str, *, kind: str) -> SummaryLine:
    kind = "earlier" if source.is_earlier else kind
    return SummaryLine(source.number, source.role, text, (source.index,), kind)


def _units(sources: Sequence[Source], count: Count) -> list[Unit]:
    """Each text once, where it was said first; chat without its filler words.

    `message` of a unit is the place of its source in the request.
    """
    units = []
    seen: set[str] = set()
    for at, source in enumerate(sources):
        is_chat = source.role in ("user", "assistant")
        role = RECORD if _is_data(source) else source.role
        for position, text in enumerate(source.units):
            if is_chat and is_plain_chat(text):
                text = squeeze(text)
            key = text.lower()
            if key and key not in seen and not _is_blank_row(key):
                seen.add(key)
                units.append(Unit(at, position, text, count(text), role))
    return units


def _packed(
    units: Sequence[Unit], order: Sequence[int], request: SummaryRequest
) -> list[SummaryLine]:
    """As many units as the budget takes, measured on the finished lines."""
    limit = request.budget_tokens
    best: list[SummaryLine] = []
    best_tokens = 0
    for _ in range(_ROUNDS):
        lines = _rendered(units, _selected(units, order, limit, request), request)
        tokens = lines_tokens(lines, request.count)
        if best_tokens < tokens <= request.budget_tokens:
            best, best_tokens = lines, tokens
        slack = request.budget_tokens - tokens
        if 0 <= slack <= request.budget_tokens // 400:
            break
        # Where the lines are a little too long a whole unit has to go. A smaller step
        # changed nothing, and after the last one the room of several units was empty.
        limit += slack if slack > 0 else slack - _LEAST_UNIT
    return best


def _selected(
    units: Sequence[Unit],
    order: Iterable[int],
    limit_tokens: int,
    request: SummaryRequest,
) -> list[int]:
    """Greedy by rank within a limit."""
    label_tokens = request.count(f"[{request.sources[-1].number}A] ")
    used = 0
    opened: set[int] = set()
    selected: list[int] = []
    for at in order:
        unit = units[at]
        cost = unit.tokens + (1 if unit.message in opened else label_tokens)
        if used + cost > limit_tokens:
            continue
        opened.add(unit.message)
        used += cost
        selected.append(at)
    return selected


def _rendered(
    units: Sequence[Unit], selected: Iterable[int], request: SummaryRequest
) -> list[SummaryLine]:
    """The chosen units joined to one line per message, in the order spoken."""
    chosen = map(units.__getitem__, sorted(selected))
    return [
        _joined(request.sources[place], list(of_message))
        for place, of_message in groupby(chosen, key=attrgetter("message"))
    ]


def _joined(source: Source, units: Sequence[Unit]) -> SummaryLine:
    parts = [units[0].text]
    for last, unit in pairwise(units):
        parts.append(" " if unit.position == last.position + 1 else GAP)
        parts.append(unit.text)
    is_squeezed = any(unit.text != source.units[unit.position] for unit in units)
    kind = "squeezed" if is_squeezed else "extract"
    return _line(source, "".join(parts), kind=kind)
