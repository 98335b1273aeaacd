"""How far a score can be believed: what survived at such a score, measured.

Measured on conversations that were cut in two: what an agent names later (tau-bench,
Claude Code's sessions), and the answers to questions (made chats), by our summaries and
three simpler ones at 60, 40, 20 and 15 % of the middle. One half of the conversations
made this table, the other half is in docs/guide.md beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """Of what is needed later, `share` survives; 8 of 10 lie from `low` to `high`."""

    below: float  # this score
    share: float
    low: float
    high: float


AGENTS = (
    Expected(0.5, 0.43, 0.0, 1.0),
    Expected(0.6, 0.39, 0.0, 0.84),
    Expected(0.7, 0.45, 0.0, 1.0),
    Expected(0.8, 0.64, 0.22, 1.0),
    Expected(0.9, 0.80, 0.50, 1.0),
    Expected(1.01, 0.91, 0.73, 1.0),
)
TALKS = (
    Expected(0.5, 0.12, 0.10, 0.15),
    Expected(0.6, 0.17, 0.15, 0.21),
    Expected(0.7, 0.22, 0.20, 0.22),
    Expected(0.8, 0.42, 0.40, 0.43),
    Expected(0.9, 0.61, 0.58, 0.63),
    Expected(1.01, 0.77, 0.51, 1.0),
)


def expected(score: float, *, is_talk: bool) -> Expected:
    """What to expect at this score. 0.77 of an agent's session: 0.64 of what is needed
    later, from 0.22 to 1.0.
    """
    rows = TALKS if is_talk else AGENTS
    return next((row for row in rows if score < row.below), rows[-1])


def score_meaning(score: float | None, *, is_talk: bool = False) -> str:
    """What the headline says, and how sure it is. No model was asked."""
    if score is None:
        return "unknown: the messages before or after were not stored"
    words = (
        f"{score:.2f} of the replaced words are still readable; rare ones weigh more."
    )
    if score >= 1:
        return f"{words} Nothing was lost."
    found = expected(score, is_talk=is_talk)
    needed = "what was asked later" if is_talk else "what an agent needed later"
    return (
        f"{words} At such a score about {found.share:.2f} of {needed} was still "
        f"there, in 8 of 10 cases between {found.low:.2f} and {found.high:.2f}: an "
        "indication, not a measurement of this conversation"
    )
