"""A cut: the messages that are sent in place of a conversation's beginning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """Its replacement never changes: the provider's cache holds it after one request.

    - `message_count`: how many original messages it stands for, as a client sent them.
    - `digest`: of these originals (`digests.chain(originals)[-1]`).
    - `replacement`: a JSON array of the messages to send in their place, always the
      same bytes.
    - `history_tokens`, `system_tokens`: of the replacement, as `counter` counts it,
      without the frame of the reply. `new_messages`: how many of its messages stand
      behind the summary. `dialect` is theirs.
    - `compression_id`: the compression it came from; 0 until that is stored.
    - `is_kept`: whether the database has it. Otherwise it is in the memory of one
      process, and gone with it.
    """

    message_count: int
    digest: bytes
    replacement: bytes
    history_tokens: int = 0
    system_tokens: int = 0
    counter: str = ""
    new_messages: int = 0
    dialect: str = ""
    compression_id: int = 0
    is_kept: bool = False

    @property
    def id(self) -> str:
        """How a client names it: `"9f86d081884c7d659a2feaa0c55ad015"`."""
        return self.digest.hex()

    def begins(self, digests: Sequence[bytes]) -> bool:
        """Whether the messages with these digests begin with its originals."""
        at = self.message_count
        return 0 < at <= len(digests) and digests[at - 1] == self.digest

    def with_rest(self, rest: Sequence[bytes]) -> bytes:
        """The JSON array to send: the replacement, then these messages as they are.

        `[A,B]` with the rest `C` is `[A,B,C]`.
        """
        if not rest:
            return self.replacement
        held = self.replacement.strip()[1:-1]
        return b"[" + b",".join([held, *rest] if held.strip() else rest) + b"]"


def longest(cuts: Iterable[Cut], digests: Sequence[bytes]) -> Cut | None:
    """The cut that replaces most of the messages with these digests, if any does."""
    fitting = (cut for cut in cuts if cut.begins(digests))
    return max(fitting, key=lambda cut: cut.message_count, default=None)
