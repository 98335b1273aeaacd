"""The map of what fills a window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.composition.groups import Group, Tile
from tracker.pages.sessions.treemap import NARROW, WIDE, treemaps

TILES = st.lists(st.integers(1, 100_000), min_size=1, max_size=12)


@given(st.lists(TILES, min_size=1, max_size=9))
def test_areas_are_tokens_and_fill_the_map(sizes: list[list[int]]) -> None:
    groups = []
    for number, tokens in enumerate(sorted(sizes, key=sum, reverse=True)):
        ordered = sorted(tokens, reverse=True)
        tiles = tuple(Tile(f"tile {at}", size) for at, size in enumerate(ordered))
        groups.append(Group(f"group {number}", "history", sum(tokens), tiles))
    whole = sum(group.tokens for group in groups)

    for found, most in zip(treemaps(groups), (WIDE, NARROW), strict=True):
        size = found.size
        assert (size.name, size.width) == (most.name, most.width)
        assert size.height <= most.height
        boxes = [box for box in found.boxes if not box.is_group]
        assert sum(box.tokens for box in boxes) == whole
        for box in found.boxes:
            assert box.x >= -0.01 and box.x + box.width <= 100.01
            assert box.y >= -0.01 and box.y + box.height <= size.height + 0.01
        if not any(box.is_group for box in found.boxes):
            for box in boxes:
                area = box.width * box.height / (100 * size.height)
                assert area == pytest.approx(box.tokens / whole, abs=1e-6)


def test_a_tile_says_its_file_and_what_of_it_could_go() -> None:
    files = (Tile("/w/src/app.py", 800, 4, 600), Tile("/w/src/b.py", 200))
    groups = [Group("Read files", "history", 1_000, files)]

    head, first, second = treemaps(groups)[0].boxes

    assert (head.text, head.number) == ("Read files", "1,000")
    assert first.title == (
        "Read files: /w/src/app.py: 800 tokens, 80.0\u00a0% of used, read 4 times"
    )
    assert (first.text, first.number) == ("src/app.py", "800 · read 4 times")
    assert (first.spare, second.spare) == (75.0, 0.0)


def test_a_group_of_one_is_one_box() -> None:
    groups = [Group("System prompt", "system", 9, (Tile("System prompt", 9),))]

    found = treemaps(groups)[1]
    (box,) = found.boxes

    assert found.size.height == 150 and box.height == 150
    assert box.title == "System prompt: 9 tokens, 100.0\u00a0% of used"
    assert not box.is_group
