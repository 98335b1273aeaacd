"""Kinds of fields that several shapes have, with what the contract says of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from tracker.domain.budget.status import LEVELS, WINDOW_SOURCES
from tracker.domain.dialects.detecting import DIALECTS


def one_of(words: Iterable[str], description: str | None = None) -> Meta:
    """A text that is one of `words`: `Annotated[str, one_of(("a", "b"))]`."""
    return Meta(description=description, extra_json_schema={"enum": list(words)})


def said(description: str) -> Meta:
    return Meta(description=description)


Tokens = Annotated[int, Meta(ge=0)]
Level = Annotated[str, one_of(LEVELS)]
WindowSource = Annotated[
    str, one_of(WINDOW_SOURCES, "Who said how large the window is.")
]
Source = Annotated[
    str,
    one_of(
        ("", "reported", "counted", "estimated"),
        "reported by the provider, counted by a tokenizer or the caller, or estimated",
    ),
]
Dialect = Annotated[str, one_of(DIALECTS, "What the messages were read as.")]
Time = Annotated[datetime, Meta(tz=True)]
Object = dict[str, Any]
Next = Annotated[str | None, said("The cursor of the next page; null on the last one.")]


class Answer(Struct, forbid_unknown_fields=True, gc=False):
    """The contract promises exactly the fields of a shape, in their order.

    Answers hold no circles, so Python's search for those may skip them (`gc`).
    """

    @classmethod
    def copied(cls, row: object, **own: Any) -> Self:
        """The fields given as `own`; the others are `row`'s attributes of that name."""
        taken = (n for n in cls.__struct_fields__ if n not in own and hasattr(row, n))
        return cls(**own, **{name: getattr(row, name) for name in taken})
