"""The map of what fills a window: areas are tokens. Laid out here, drawn by SVG.

Places across are in percent and places down in pixels, so that text is never scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import squarify

from tracker.domain.composition.calls import one_line, short_path
from tracker.domain.composition.groups import Group, Tile

CAPTION = 26  # pixels above a group's tiles
_LEAST_CAPTION = (70, 62)  # a smaller group is one tile
_LEAST, _OF_A_TILE = 100, 50  # pixels of height
_LETTER = 6.7  # pixels at most, of 12 px text


class Size(NamedTuple):
    """`width` is what the page gives it, about: it decides which texts have room.
    `height` is of a map with many tiles.
    """

    name: str
    width: int
    height: int


WIDE, NARROW = Size("tree-l", 860, 430), Size("tree-s", 340, 600)


@dataclass(frozen=True, slots=True)
class Box:
    """`x` and `width` in percent, the others in pixels. `title` is read and hovered,
    `text` and `number` are what has room. `spare` is the share that could go, in
    percent of the width.
    """

    part: str
    x: float
    y: float
    width: float
    height: float
    title: str
    text: str
    number: str
    tokens: int
    is_group: bool = False
    spare: float = 0.0

    @property
    def spare_x(self) -> float:
        return 100 - self.spare

    @property
    def spare_y(self) -> float:
        return max(0.0, self.height - 8)

    @property
    def number_x(self) -> float:
        """Behind the name of a group."""
        return 14 + _LETTER * len(self.text)


@dataclass(frozen=True, slots=True)
class Treemap:
    size: Size
    boxes: list[Box]


def treemaps(groups: Sequence[Group]) -> list[Treemap]:
    """For wide and for narrow pages."""
    sizes = [_high_enough(groups, size) for size in (WIDE, NARROW)]
    return [Treemap(size, _boxes(groups, size)) for size in sizes]


def _high_enough(groups: Sequence[Group], size: Size) -> Size:
    """One tile that says "20 tokens" needs no half of the screen."""
    whole = sum(group.tokens for group in groups)
    tiles = [tile.tokens for group in groups for tile in group.tiles]
    shown = sum(1 for tokens in tiles if tokens * 100 >= whole)
    return size._replace(height=min(size.height, _LEAST + _OF_A_TILE * shown))


def _boxes(groups: Sequence[Group], size: Size) -> list[Box]:
    groups = [group for group in groups if group.tokens]
    whole = sum(group.tokens for group in groups)
    boxes = []
    places = _squares([g.tokens for g in groups], 0, 0, size.width, size.height)
    for group, (x, y, width, height) in zip(groups, places, strict=True):
        least = _LEAST_CAPTION
        if len(group.tiles) < 2 or width < least[0] or height < least[1]:
            tile = group.tiles[0] if len(group.tiles) == 1 else None
            boxes.append(_box(group, tile, (x, y, width, height), size, whole))
            continue
        head = _box(group, None, (x, y, width, height), size, whole, is_group=True)
        boxes.append(head)
        inner = _squares(
            [tile.tokens for tile in group.tiles],
            x, y + CAPTION, width, height - CAPTION,
        )  # fmt: skip
        for tile, place in zip(group.tiles, inner, strict=True):
            boxes.append(_box(group, tile, place, size, whole))
    return boxes


def _squares(
    tokens: Sequence[int], x: float, y: float, width: float, height: float
) -> list[tuple[float, float, float, float]]:
    """Places of these areas, which fill the rectangle. The largest come first."""
    sizes = squarify.normalize_sizes(tokens, width, height)
    found = squarify.squarify(sizes, x, y, width, height)
    return [(each["x"], each["y"], each["dx"], each["dy"]) for each in found]


def _box(
    group: Group,
    tile: Tile | None,
    place: tuple[float, float, float, float],
    size: Size,
    whole: int,
    *,
    is_group: bool = False,
) -> Box:
    x, y, width, height = place
    name = group.name if tile is None else tile.name
    tokens = group.tokens if tile is None else tile.tokens
    shown = short_path(name) if group.name in ("Read files", "Memory files") else name
    if tile is not None and tile.name == group.name:
        tile = None
    title = name if tile is None else f"{group.name}: {name}"
    title += f": {tokens:,} tokens, {100 * tokens / whole:.1f}\u00a0% of used"
    if tile is not None and tile.times > 1:
        title += f", read {tile.times} times"
    room = int((width - 14) / _LETTER)
    number = f"{tokens:,}"
    if tile is not None and tile.times > 1 and room > len(number) + 16:
        number += f" · read {tile.times} times"
    has_text = room >= 4 and height >= 20
    return Box(
        part=group.part,
        x=100 * x / size.width,
        y=y,
        width=100 * width / size.width,
        height=height,
        title=title,
        text=_fitting(shown, room) if has_text else "",
        number=number if _has_room(shown, number, room, height, is_group) else "",
        tokens=tokens,
        is_group=is_group,
        spare=100 * tile.spare / tokens if tile is not None and tile.spare else 0.0,
    )


def _has_room(name: str, number: str, room: int, height: float, beside: bool) -> bool:
    """A group's number stands beside its name, a tile's below it."""
    if beside:
        return room >= len(name) + len(number) + 3
    return room >= len(number) and height >= 38


def _fitting(name: str, room: int) -> str:
    """The last name of a path says most where there is little room."""
    if len(name) > room and "/" in name:
        name = name.rpartition("/")[2]
    return one_line(name, room)
