"""Checks a model's facts against the messages they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tracker.domain.compression.summary.summarising import Source, SummaryRefused
from tracker.domain.compression.summary.summary_lines import SummaryLine
from tracker.domain.conversation.text.vocabulary import is_entity, words_of
from tracker.summarisers.fact_prompt import FoundFact

# With more unfounded facts than this, the others cannot be trusted either.
MOST_UNFOUNDED_PERCENT = 20
_MARKS = ".,:;!?()[]*"


def checked_lines(
    facts: Sequence[FoundFact], sources: Sequence[Source]
) -> tuple[list[SummaryLine], int]:
    """The facts that hold, as lines in the conversation's order; and how many do not.

    A fact holds when every message it names exists, and every path, number and
    identifier in it occurs in one of them. "port 8080 [12]" does not hold if message 12
    says 8081. Raises SummaryRefused when too many do not hold.
    """
    by_number: defaultdict[int, list[Source]] = defaultdict(list)
    for source in sources:
        by_number[source.number].append(source)
    lines = []
    for fact in facts:
        named = [
            source for number in fact.sources for source in by_number.get(number, ())
        ]
        if named and _is_founded(fact, named, by_number):
            lines.append(_line(fact, named))
    unfounded = len(facts) - len(lines)
    if unfounded * 100 > len(facts) * MOST_UNFOUNDED_PERCENT:
        raise SummaryRefused(
            f"{unfounded} of the model's {len(facts)} facts are not in the messages"
        )
    return sorted(lines, key=lambda line: line.number), unfounded


def _is_founded(
    fact: FoundFact, named: Sequence[Source], known: dict[int, list[Source]]
) -> bool:
    if any(number not in known for number in fact.sources):
        return False
    said = "\n".join(" ".join(source.units) for source in named).lower()
    words = (word.strip(_MARKS) for word in words_of(fact.text))
    return all(word.lower() in said for word in words if is_entity(word))


def _line(fact: FoundFact, named: Sequence[Source]) -> SummaryLine:
    first = min(named, key=lambda source: source.number)
    indices = tuple(dict.fromkeys(source.index for source in named))
    return SummaryLine(first.number, first.role, fact.text, indices, "fact")
