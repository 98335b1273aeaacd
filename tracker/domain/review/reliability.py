"""What a score says: the share of what is needed later that is still there, calibrated.

Measured on conversations that were cut in two: what an agent names later (tau-bench,
SWE-agent, Claude Code's sessions, also as text protocols), and the answers to questions
(made chats), by our summaries and four simpler ways at 60, 40, 20 and 15 % of the
middle. One half of the conversations made these curves; how the other half lies on them
is in docs/guide.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

# 1 was the share of words itself; its sentence is stored with each review of that time.
SCORE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Knot:
    """One point of the curve: if the share `words` of the replaced words is left (rare
    ones weigh more), `share` of what is needed later survives; 8 of 10 conversations
    lie between `low` and `high`.
    """

    words: float
    share: float
    low: float
    high: float


AGENTS = (
    Knot(0.0, 0.0, 0.0, 0.0),
    Knot(0.210, 0.347, 0.0, 1.0),
    Knot(0.415, 0.383, 0.0, 1.0),
    Knot(0.554, 0.431, 0.0, 1.0),
    Knot(0.644, 0.508, 0.0, 1.0),
    Knot(0.747, 0.689, 0.0, 1.0),
    Knot(0.848, 0.812, 0.0, 1.0),
    Knot(0.922, 0.869, 0.0, 1.0),
    Knot(0.977, 0.965, 0.98, 1.0),
    Knot(1.0, 0.98, 0.98, 1.0),
)
TALKS = (
    Knot(0.0, 0.0, 0.0, 0.0),
    Knot(0.441, 0.072, 0.05, 0.09),
    Knot(0.567, 0.169, 0.15, 0.21),
    Knot(0.630, 0.217, 0.18, 0.26),
    Knot(0.749, 0.399, 0.35, 0.42),
    Knot(0.850, 0.613, 0.57, 0.63),
    Knot(1.0, 0.785, 0.55, 1.0),
)


def calibrated(words: float, *, is_talk: bool) -> float:
    """The score for a share of words, between the knots in a straight line.

    0.747 of an agent's words: 0.689. Of a talk's, which repeats its words: 0.40.
    """
    for left, right in pairwise(TALKS if is_talk else AGENTS):
        if words <= right.words:
            part = (words - left.words) / (right.words - left.words)
            return left.share + part * (right.share - left.share)
    return (TALKS if is_talk else AGENTS)[-1].share


def score_words(version: int) -> str:
    """What a score of this version is a share of."""
    if version < SCORE_VERSION:
        return "of the removed content is still readable"
    return "of what is needed later is expected to be there"


def score_meaning(score: float | None, *, is_talk: bool = False) -> str:
    """What the headline says, and how sure it is. No model was asked."""
    if score is None:
        return "unknown: the messages before or after were not stored"
    if score >= 1:
        return "1.00: every word that was replaced still stands. Nothing was lost."
    knots = TALKS if is_talk else AGENTS
    near = min(knots[1:], key=lambda knot: abs(knot.share - score))
    needed = "what is asked later" if is_talk else "what an agent needs later"
    words = f"{score:.2f} of {needed} is expected to be still there. "
    if (near.low, near.high) == (0.0, 1.0):
        sure = "That is a mean: a single conversation kept anything from none to all"
    else:
        sure = f"8 of 10 conversations kept {near.low:.2f} to {near.high:.2f}"
    return f"{words}{sure}. Estimated from the rare words left, not measured here."
