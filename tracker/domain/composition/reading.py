"""The messages of a request, read one by one: counted, and told what they fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.composition.filling import Filling
from tracker.domain.counting.content_tokens import Count, message_tokens, text_tokens
from tracker.domain.counting.counters import SYSTEM_ROLES, TokenCounter
from tracker.domain.counting.families import family_of
from tracker.domain.counting.overheads import Overheads
from tracker.domain.dialects.detecting import OPENAI_CHAT, native_dialect
from tracker.domain.dialects.reading import read_message


@dataclass(slots=True)
class Reading:
    """What messages of any dialect come to, so far: read on where they go on.

    Guarantees the same for messages read in two steps as for all of them at once, and
    the same numbers as `read_dialect`, `count_conversation` and `filling_of` have, in
    one pass. Only `counter` and `model` decide how it counts.

    `count` is how many there were, `spoken` of them were no system message; `is_known`
    says that one was understood. `dialect` is as `dialect_of` has it, `unread` the
    place of the first message that was not understood, and the complaint.
    """

    counter: TokenCounter
    model: str
    system_tokens: int = 0
    history_tokens: int = 0  # without the frame of the reply
    count: int = 0
    spoken: int = 0
    is_known: bool = False
    dialect: str | None = None
    unread: tuple[int, str] | None = None
    filling: Filling = field(default_factory=Filling)
    _is_told: bool = False  # no further message changes the dialect

    def read(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Whatever the counter raises leaves this half read: throw it away."""
        count = self.counter.count
        overheads = self.overheads
        for message in messages:
            if self._say(message, count, overheads.message):
                continue
            known, complaint, foreign = read_message(message)
            if not self._is_told:
                self._tell(message, foreign)
            if complaint and self.unread is None:
                self.unread = (self.count, complaint)
            self.count += 1
            self.spoken += message.get("role") != "system"
            if known is None:
                continue
            self.is_known = True
            tokens = message_tokens(known, count, overheads)
            if known.get("role") in SYSTEM_ROLES:
                self.system_tokens += tokens
            else:
                self.history_tokens += tokens
                self.filling.follow(known, tokens, overheads)

    def _say(self, message: Mapping[str, Any], count: Count, frame: int) -> bool:
        """The same for a plain prompt or answer, in half of the time: nearly all
        messages of a chat are of these two. False, with nothing done, for all others.
        """
        role, text = message.get("role"), message.get("content")
        if (
            len(message) != 2
            or role not in ("user", "assistant")
            or not isinstance(text, str)
            or not text
        ):
            return False
        tokens = frame + text_tokens(text, count)
        if role == "assistant":
            self.filling.answer(tokens)
        else:
            self.filling.prompt(text, tokens)
        self.history_tokens += tokens
        self.count += 1
        self.spoken += 1
        self.is_known = True
        if not self._is_told:
            self.dialect = OPENAI_CHAT
        return True

    @property
    def overheads(self) -> Overheads:
        return family_of(self.model).overheads

    def _tell(self, message: Mapping[str, Any], foreign: str | None) -> None:
        shown = foreign or native_dialect(message)
        self._is_told = shown is not None
        self.dialect = shown or OPENAI_CHAT
