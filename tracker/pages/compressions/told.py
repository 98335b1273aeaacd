"""What people told the agent that is no longer there: the first lines of a review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SHOWN = 3
MOST_REMINDED = 20
_AGAIN = "Used again by the agent {} later."


@dataclass(frozen=True, slots=True)
class Told:
    """A lost instruction. `number` is its message's, from 1."""

    place: int
    text: str
    number: int
    who: str
    then: str

    @property
    def reminder(self) -> str:
        return f"You were told, and your summary lost it: {self.text}"


@dataclass(frozen=True, slots=True)
class LostWords:
    """`shown` are the first ones; `kept` how many instructions are still said."""

    shown: list[Told]
    more: int
    kept: int
    reminder: str


def lost_words(analysis: dict[str, Any], before: list[Any]) -> LostWords:
    """Instructions as they are stored: those that were needed again first, then the
    rarest. `before` are the messages, for who said it.
    """
    asked = [f for f in analysis.get("facts") or [] if f["kind"] == "constraint"]
    lost = [fact for fact in asked if not fact["is_kept"]]
    told = [_told(place, fact, before) for place, fact in enumerate(lost, 1)]
    return LostWords(
        shown=told[:SHOWN],
        more=max(0, len(told) - SHOWN),
        kept=len(asked) - len(lost),
        reminder=reminder_of(told),
    )


def reminder_of(told: list[Told]) -> str:
    """For the agent, to be pasted or sent:

    `Before you go on, 2 things I told you that your summary lost:` and a numbered list.
    """
    if not told:
        return ""
    things = "one thing" if len(told) == 1 else f"{len(told)} things"
    rows = [f"{at}. {one.text}" for at, one in enumerate(told[:MOST_REMINDED], 1)]
    head = f"Before you go on, {things} I told you that your summary lost:"
    return "\n".join([head, *rows])


def _told(place: int, fact: dict[str, Any], before: list[Any]) -> Told:
    at = fact["message"]
    message = before[at] if 0 <= at < len(before) else {}
    role = message.get("role") if isinstance(message, dict) else ""
    again = fact.get("used_again") or 0
    times = "once" if again == 1 else f"{again} times"
    return Told(
        place=place,
        text=str(fact["text"]),
        number=at + 1,
        who="The system prompt said"
        if role in ("system", "developer")
        else "You told it",
        then=_AGAIN.format(times) if again else "",
    )
