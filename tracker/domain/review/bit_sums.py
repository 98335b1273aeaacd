"""Sums of weights for thousands of items at once, in the bits of a few large integers.

Bit n of a mask stands for item n; plane p holds bit p of every item's sum. A sentence
of twenty words that half of 10,000 lines share takes some hundred operations on 1,250
bytes, where a loop over the lines takes 100,000 steps of Python. The way is O'Neil's
and Quass's bit-sliced index (https://doi.org/10.1145/253260.253268).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from math import frexp

SCALE_BITS = 20  # of the greatest weight: sums are off by two millionths


def mask_of(items: Sequence[int]) -> int:
    """The mask of these items, ascending: [0, 2] becomes 0b101."""
    if not items:
        return 0
    data = bytearray(items[-1] // 8 + 1)
    for item in items:
        data[item >> 3] |= 1 << (item & 7)
    return int.from_bytes(data, "little")


def items_of(mask: int) -> Iterator[int]:
    """The items of a mask, ascending: 0b101 gives 0 and 2."""
    bits = f"{mask:b}"[::-1]  # text is searched much faster than bits are shifted out
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)


def likely_heaviest(
    weighted: Iterable[tuple[int, float]], least: float, most: int
) -> list[int]:
    """Of the items whose weights sum to at least `least` the `most` heaviest, equal
    ones by number. Pairs of a mask and the weight of each of its items.

    Rounded: an item that is short of `least` by a few millionths may be among them.
    """
    pairs = [(mask, weight) for mask, weight in weighted if mask and weight > 0]
    if not pairs or most < 1:
        return []
    _, exponent = frexp(max(weight for _, weight in pairs))
    scale = 2.0 ** (SCALE_BITS - exponent)  # of two: whole weights stay exact
    planes: list[int] = []
    for mask, weight in pairs:
        _add(planes, mask, round(weight * scale))
    enough = int(least * scale) - len(pairs)
    return _most_of(planes, _at_least(planes, max(1, enough)), most)


def _add(planes: list[int], mask: int, number: int) -> None:
    """Add `number` to the sum of each item in `mask`."""
    place = 0
    while number:
        carry = mask if number & 1 else 0
        at = place
        while carry:
            while at >= len(planes):
                planes.append(0)
            planes[at], carry = planes[at] ^ carry, planes[at] & carry
            at += 1
        number >>= 1
        place += 1


def _at_least(planes: Sequence[int], number: int) -> int:
    """The mask of the items whose sum is at least `number`, which is above 0."""
    if number.bit_length() > len(planes):
        return 0
    above, equal = 0, 0
    for plane in planes:
        equal |= plane
    for at in range(len(planes) - 1, -1, -1):
        if number >> at & 1:
            equal &= planes[at]
        else:
            above |= equal & planes[at]
            equal &= ~planes[at]
    return above | equal


def _most_of(planes: Sequence[int], left: int, most: int) -> list[int]:
    """The heaviest items of the mask `left`; of equal ones those with small numbers."""
    taken = 0
    for plane in reversed(planes):
        heavier = taken | left & plane
        if heavier.bit_count() >= most:
            left &= plane
        else:
            taken = heavier
            left &= ~plane
    return [*islice(chain(items_of(taken), items_of(left)), most)]
