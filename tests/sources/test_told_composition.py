"""What another machine says fills a window is checked."""

from __future__ import annotations

import json

import pytest

from tracker.domain.composition.filling import Filling
from tracker.sources.body_errors import BodyError
from tracker.sources.told_composition import check_added, check_composition

PACKED = json.loads(Filling().packed())


def test_what_a_reader_tells_is_taken() -> None:
    filling = Filling()
    filling.define({"Read": 5})
    call = {"id": "1", "function": {"name": "Read", "arguments": {"path": "a.py"}}}
    filling.add({"role": "user", "content": "Fix it"}, 5)
    filling.add({"role": "assistant", "content": None, "tool_calls": [call]}, 5)
    filling.add({"role": "tool", "tool_call_id": "1", "content": "x"}, 5)

    check_composition(filling.packed())
    check_added(filling.take_added())
    check_composition("")
    check_added("")


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": {"history": 1}},
        {"cells": {"history\nhologram\n\n": 1}},
        {"cells": {"history\nthinking\n\n": -1}},
        {"cells": {f"history\nthinking\n\n{n}": 1 for n in range(1_001)}},
        {"reads": {"a.py\n": [1]}},
        {"reads": {"a.py\n": [2, 1, 5]}},
        {"largest": [[1, 1, "hologram", "x"]]},
        {"tools": {"a\0": 1}},
        {"more": 1},
    ],
)
def test_what_could_not_be_read_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BodyError):
        check_composition(json.dumps(PACKED | changes))


@pytest.mark.parametrize("added", ["x", "1", "1\tuser_text", "-1\t\ta", "1\tx\ta"])
def test_lines_of_no_known_shape_are_refused(added: str) -> None:
    with pytest.raises(BodyError):
        check_added(added)
