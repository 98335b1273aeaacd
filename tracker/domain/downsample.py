"""Fewer points that look the same: peaks, edges and marked points stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def kept_points(
    values: Sequence[int], most: int, *, always: Collection[int] = ()
) -> list[int]:
    """At most `most` indices of `values` in order: each stretch keeps its lowest and
    highest, `always` and both ends stay. Everything, when it fits.

    When `always` alone is too much, it is thinned evenly.
    """
    count = len(values)
    if count <= most:
        return list(range(count))
    fixed = sorted({0, count - 1, *(i for i in always if 0 <= i < count)})
    if len(fixed) > most // 2:
        step = -(-len(fixed) // (most // 2))
        fixed = sorted({0, count - 1, *fixed[::step]})
    stretches = max(1, (most - len(fixed)) // 2)
    found = set(fixed)
    for n in range(stretches):
        stretch = range(n * count // stretches, (n + 1) * count // stretches)
        if stretch:
            found.add(min(stretch, key=values.__getitem__))
            found.add(max(stretch, key=values.__getitem__))
    return sorted(found)
