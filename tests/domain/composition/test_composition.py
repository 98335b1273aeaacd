"""A composition adds up to its parts, in every view."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.composition.composition import (
    Composition,
    Repeat,
    Share,
    shared_out,
)
from tracker.domain.composition.filling import Filling, filling_of
from tracker.domain.composition.keeping import redacted, without_names
from tracker.domain.reports import Parts

TOKENS = st.integers(0, 300_000)
TEXTS = st.text(max_size=40)
NAMES = st.sampled_from(["Read", "Bash", "mcp__db__query", "Skill", "", "a\nb"])


@st.composite
def messages(draw: st.DrawFn) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for number in range(draw(st.integers(0, 8))):
        path, called = draw(TEXTS), f"t{number}"
        use = {"type": "tool_use", "id": called, "name": draw(NAMES),
               "input": {"file_path": path, "command": draw(TEXTS)}}  # fmt: skip
        result = {"type": "tool_result", "tool_use_id": called, "content": draw(TEXTS)}
        found += [
            {"role": "user", "content": draw(TEXTS)},
            {"role": "assistant", "content": [{"type": "text", "text": path}, use]},
            {"role": "user", "content": [result, {"type": "text", "text": path}]},
        ]
    return found


@given(messages(), st.data(), st.builds(Parts, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS))
def test_every_view_adds_up(
    said: list[dict[str, object]], data: st.DataObject, parts: Parts
) -> None:
    counts = data.draw(st.lists(TOKENS, min_size=len(said), max_size=len(said)))
    tools = [{"name": "Read"}, {"name": "Never"}]
    filling = filling_of(said, counts, context_tokens=3, tools=tools)
    assert sum(filling.cells.values()) == sum(counts) + 3
    for packed in (
        filling.packed(),
        without_names(filling.packed()),
        redacted(filling.packed(), lambda text: text[:2]),
    ):
        found = Composition.read(packed, parts)
        assert sum(cell.tokens for cell in found.cells) == parts.total
        for name in ("system", "history", "user_context", "tools", "unattributed"):
            of_part = (cell.tokens for cell in found.cells if cell.part == name)
            assert sum(of_part) == getattr(parts, name)
        kinds = dict(found.kinds)
        assert sum(kinds.values()) == parts.total
        called = sum(tool.calls + tool.results for tool in found.tools)
        assert called <= kinds.get("tool_calls", 0) + kinds.get("tool_results", 0)
        assert sum(file.tokens for file in found.files) <= kinds.get("tool_results", 0)
        assert all(0 <= each.tokens <= parts.history for each in found.largest)


def test_parts_alone_are_shown_as_whole_kinds() -> None:
    found = Composition.of_parts(Parts(system=5, history=20, unattributed=3))

    assert found.kinds == (("conversation", 20), ("system_prompt", 5),
                           ("unattributed", 3))  # fmt: skip


def test_it_says_how_many_tokens_are_in_no_text_that_was_counted() -> None:
    packed = Filling(cells={"history\nuser_text\n\n": 300}).packed()

    assert Composition.read(packed, Parts(system=50, history=500)).uncounted == 250
    assert Composition.read(packed, Parts(history=200)).uncounted == 0


def test_a_repeat_says_what_its_older_copies_take() -> None:
    filling = Filling(
        cells={"history\ntool_results\tRead\ta.py".replace("\t", "\n"): 300},
        reads={"a.py\nlines 1 to 9": (3, 300, 100), "b.py\n": (1, 50, 50)},
        tools={"Read": 30, "mcp__db__query": 10},
        called={"Read": 3},
    )
    found = Composition.read(filling.packed(), Parts(history=600, tools=80))

    assert found.repeats == (Repeat("a.py", "lines 1 to 9", 3, 600, 400),)
    assert found.unused == (Share("mcp__db__query", 20),)
    assert found.servers == (Share("db", 20),)
    assert found.files == (Share("a.py", 600),)
    assert found.tools[0] == ("Read", "", 60, 0, 600, 3)


def test_no_names_are_left_where_a_project_keeps_no_text() -> None:
    filling = Filling()
    filling.define({"secret_tool": 4})
    filling.add({"role": "user", "content": "secret words"}, 5)
    packed = without_names(filling.packed())

    assert "secret" not in packed
    found = Composition.read(packed, Parts(history=5, tools=4))
    assert found.kinds == (("user_text", 5), ("tool_definitions", 4))
    assert found.largest[0].label == "User text"


def test_nothing_is_lost_in_sharing_out() -> None:
    assert shared_out(10, [1, 1, 1]) == [4, 3, 3]
