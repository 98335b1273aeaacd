"""What a compression cost: the fate of every message, facts kept and lost, a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.compression.plans.plan import DROPPED, KEPT, SHORTENED, SUMMARISED
from tracker.domain.conversation.facts import FACT_KINDS
from tracker.domain.conversation.messages import Message, read_messages
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Count, Measure
from tracker.domain.review.alignment import align
from tracker.domain.review.ledger import FactRecord, fact_ledger, term_weights
from tracker.domain.review.lines import ReviewLine, link_lines
from tracker.domain.review.reliability import (
    SCORE_VERSION,
    calibrated,
    score_meaning,
)
from tracker.domain.review.survival import KeptText
from tracker.domain.review.verdicts import Verdict, find_verdicts


@dataclass(frozen=True, slots=True)
class MessageFate:
    """What happened to one earlier message. `after_index` is its index afterwards, None
    if it was removed.
    """

    index: int
    role: str
    fate: str
    tokens: int
    after_tokens: int
    after_index: int | None
    facts_lost: int


@dataclass(frozen=True, slots=True)
class CompressionReview:
    """The whole review. `score` is None when before or after is not known."""

    score: float | None
    fates: tuple[MessageFate, ...]
    facts: tuple[FactRecord, ...]
    lines: tuple[ReviewLine, ...]
    verdicts: tuple[Verdict, ...]
    before_tokens: int | None
    after_tokens: int | None
    target_tokens: int | None
    is_talk: bool = False  # nobody called a tool

    @property
    def facts_kept(self) -> int:
        return sum(fact.is_kept for fact in self.facts)

    @property
    def facts_lost(self) -> int:
        return len(self.facts) - self.facts_kept

    @property
    def fate_counts(self) -> dict[str, int]:
        counts = Counter(fate.fate for fate in self.fates)
        return {word: counts[word] for word in (KEPT, SUMMARISED, SHORTENED, DROPPED)}

    @property
    def facts_by_kind(self) -> dict[str, dict[str, int]]:
        """Class -> kept and lost, classes without facts left out."""
        found: dict[str, dict[str, int]] = {}
        for kind in FACT_KINDS:
            of_kind = [fact for fact in self.facts if fact.kind == kind]
            if of_kind:
                kept = sum(fact.is_kept for fact in of_kind)
                found[kind] = {"kept": kept, "lost": len(of_kind) - kept}
        return found

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "score": self.score,
            "score_version": SCORE_VERSION,
            "score_meaning": score_meaning(self.score, is_talk=self.is_talk),
            "before_tokens": self.before_tokens,
            "after_tokens": self.after_tokens,
            "target_tokens": self.target_tokens,
            "fate_counts": self.fate_counts,
            "facts_kept": self.facts_kept,
            "facts_lost": self.facts_lost,
            "facts_by_kind": self.facts_by_kind,
            "fates": list(map(_flat, self.fates)),
            "facts": list(map(_flat, self.facts)),
            "lines": list(map(_flat, self.lines)),
            "verdicts": list(map(_flat, self.verdicts)),
        }


def _flat(record: Any) -> dict[str, Any]:
    """The fields of a record that holds no other one. `asdict` copies deeply: a quarter
    of the time of a review.
    """
    return {name: getattr(record, name) for name in record.__slots__}


def review_compression(
    before: Sequence[Any] | None,
    after: Sequence[Any] | None,
    *,
    summary: str = "",
    later: Sequence[Any] | None = None,
    count: Count = estimate_tokens,
    model: str = "",
    target_tokens: int | None = None,
    before_tokens: int | None = None,
    after_tokens: int | None = None,
    seconds_since_compression: float | None = None,
) -> CompressionReview:
    """Compare what was there with what was left, whoever did the compression.

    `summary` is its text where the client says it apart from the messages; `later`
    are messages that came afterwards. `before_tokens` and `after_tokens` None are
    counted from the messages. Deterministic; raises MessageError for a message of no
    known shape.
    """
    measure = Measure(count, model)
    old = read_messages(before or ())
    new = read_messages(after or ([_as_message(summary)] if summary else ()))
    is_known = bool(old) and after is not None or bool(old and summary)
    if before_tokens is None and old:
        before_tokens = sum(measure.message(message.raw) for message in old)
    if after_tokens is None and after is not None:
        after_tokens = sum(measure.message(message.raw) for message in new)
    pairs = align(old, new) if is_known else {}
    lines = link_lines(old, new, pairs=pairs, summary=summary) if is_known else ()
    replaced = [m for m in old if _is_replaced(m, new, pairs)] if is_known else []
    left = KeptText(new)
    weights = term_weights(replaced)
    facts = (
        fact_ledger(replaced, left, weights=weights, later=later) if is_known else ()
    )
    fates = _fates(old, new, pairs, lines, facts, measure) if is_known else ()
    is_talk = not any(message.role == "tool" for message in old)
    return CompressionReview(
        score=_score(weights, replaced, left, is_talk=is_talk) if is_known else None,
        fates=fates,
        facts=facts,
        lines=lines,
        verdicts=find_verdicts(
            new if is_known else (),
            lost_constraints=[
                fact.text
                for fact in facts
                if fact.kind == "constraint" and not fact.is_kept
            ],
            has_removed=any(fate.after_index is None for fate in fates),
            has_summary=bool(lines) or bool(summary.strip()),
            before_tokens=before_tokens,
            after_tokens=after_tokens,
            target_tokens=target_tokens,
            seconds_since_compression=seconds_since_compression,
        ),
        before_tokens=before_tokens,
        after_tokens=after_tokens,
        target_tokens=target_tokens,
        is_talk=is_talk,
    )


def _as_message(summary: str) -> dict[str, str]:
    return {"role": "user", "content": summary}


def _is_replaced(
    message: Message, new: Sequence[Message], pairs: Mapping[int, int]
) -> bool:
    at = pairs.get(message.index)
    return at is None or message.text not in new[at].text


def _score(
    weights: Mapping[str, float],
    replaced: Sequence[Message],
    left: KeptText,
    *,
    is_talk: bool,
) -> float:
    """The share of what is needed later that is likely kept; 1 if every word is."""
    total = sum(weights.values())
    terms = left.terms
    kept = sum(weight for term, weight in weights.items() if term in terms)
    if kept >= total and left.holds_all(message.text for message in replaced):
        return 1.0
    return round(calibrated(kept / total if total else 1.0, is_talk=is_talk), 4)


def _fates(
    old: Sequence[Message],
    new: Sequence[Message],
    pairs: Mapping[int, int],
    lines: Sequence[ReviewLine],
    facts: Sequence[FactRecord],
    measure: Measure,
) -> tuple[MessageFate, ...]:
    told = {at for line in lines for at in line.sources}
    lost = Counter(fact.message for fact in facts if not fact.is_kept)
    fates = []
    for message in old:
        at = pairs.get(message.index)
        if at is None:
            fate = SUMMARISED if message.index in told else DROPPED
        else:
            fate = SHORTENED if message.text not in new[at].text else KEPT
        tokens = measure.message(message.raw)
        left = 0 if at is None else min(tokens, measure.message(new[at].raw))
        fates.append(
            MessageFate(
                message.index,
                message.role,
                fate,
                tokens,
                tokens if fate == KEPT else left,
                at,
                lost[message.index],
            )
        )
    return tuple(fates)
