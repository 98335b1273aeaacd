"""How much of a message's tokens each of its portions gets: measured in letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tracker.domain.counting.media_tokens import media_tokens
from tracker.domain.counting.overheads import Overheads

# Characters per token, used when one message has both media (in tokens) and text.
_LETTERS = 3.5
_SEALED = 0.66  # letters of text that one letter of a signature is worth


class Sealed(NamedTuple):
    """Thinking: what is shown may be a summary, the signature seals the whole."""

    block: Mapping[str, Any]

    @property
    def letters(self) -> float:
        block = self.block
        shown = block.get("thinking") or block.get("summary") or block.get("text")
        sealed = block.get("signature") or block.get("encrypted_content") or ""
        return max(length(shown), len(str(sealed)) * _SEALED, 1)


class Medium(NamedTuple):
    """An image, a sound or a document: its price in tokens, said in letters."""

    block: Mapping[str, Any]
    overheads: Overheads

    @property
    def letters(self) -> float:
        tokens = media_tokens(self.block, self.overheads.image)
        return length(self.block) if tokens is None else tokens * _LETTERS


def letters_of(thing: Any) -> float:
    """Letters of a text, of a number of them, or of what has letters. At least 0.

    Example: `letters_of("four")` is 4, and so is `letters_of(4)`.
    """
    if isinstance(thing, str):
        return len(thing)
    if isinstance(thing, int):
        return thing
    return thing.letters if isinstance(thing, Sealed | Medium) else length(thing)


def length(value: Any) -> int:
    """Letters of all texts in it, at any depth. No recursion: clients choose it."""
    letters, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            letters += len(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif item is not None:
            letters += len(str(item))
    return letters
