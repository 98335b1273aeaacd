"""Sub-agents' sessions in a database: which session is above them all."""

from __future__ import annotations

from collections.abc import Mapping


def root_of(parents: Mapping[str, str | None], key: str) -> str:
    """The session above all sub-agents; a circle ends where it began, and a parent that
    was deleted counts as none.

    `{"a": None, "b": "a", "c": "b"}`: the root of `c` is `a`.
    """
    seen = {key}
    while (above := parents[key]) is not None and above in parents.keys() - seen:
        key = above
        seen.add(key)
    return key
