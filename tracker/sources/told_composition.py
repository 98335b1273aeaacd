"""What another machine says fills a window: checked before it is stored."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tracker.domain.composition.filling import LARGEST, MOST_READS, MOST_TOOLS
from tracker.domain.composition.portions import KINDS
from tracker.domain.reports import MAX_TOKENS
from tracker.sources.body_errors import BodyError

LONGEST_ADDED = 2_000
LONGEST_PACKED = 200_000
_MOST_CELLS = 1_000
_PARTS = ("system", "history", "user_context", "tools")
_Count = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]


class _Packed(Struct, forbid_unknown_fields=True):
    """`Filling.packed` of domain/composition."""

    cells: Annotated[dict[str, _Count], Meta(max_length=_MOST_CELLS)]
    reads: Annotated[
        dict[str, tuple[_Count, _Count, _Count]], Meta(max_length=MOST_READS)
    ]
    largest: Annotated[list[tuple[_Count, _Count, str, str]], Meta(max_length=LARGEST)]
    tools: Annotated[dict[str, _Count], Meta(max_length=MOST_TOOLS)]
    called: Annotated[dict[str, _Count], Meta(max_length=MOST_TOOLS)]
    messages: _Count


_decoder = msgspec.json.Decoder(_Packed)


def check_composition(packed: str) -> None:
    """Raises BodyError for what `Composition.read` could not read."""
    if not packed:
        return
    try:
        found = _decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise BodyError("composition", f"is none: {error}") from error
    cells = [key.split("\n") for key in found.cells]
    if any(len(c) != 4 or c[0] not in _PARTS or c[1] not in KINDS for c in cells):
        raise BodyError("composition", "has a cell of no known part and kind")
    if any(kind not in KINDS for _, _, kind, _ in found.largest):
        raise BodyError("composition", "has a message of no known kind")
    if any(newest > tokens for _, tokens, newest in found.reads.values()):
        raise BodyError("composition", "has a read of more tokens than all reads of it")
    if "\\u0000" in packed:
        raise BodyError("composition", "must not contain NUL characters")


def check_added(added: str) -> None:
    """Raises BodyError for what `added_lines` could not read."""
    for line in added.split("\n") if added else ():
        tokens, _, rest = line.partition("\t")
        kind, tab, label = rest.partition("\t")
        is_known = not kind or kind in KINDS
        if not (tokens.isascii() and tokens.isdecimal() and len(tokens) < 14):
            raise BodyError("added", "has a line that begins with no number of tokens")
        if not tab or not is_known or not (label.isprintable() or not label):
            raise BodyError("added", "has a line of no known kind")
