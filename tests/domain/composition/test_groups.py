"""Groups of a map add up, and say what could go."""

from __future__ import annotations

from typing import Any

from tracker.domain.composition.composition import Composition, Repeat
from tracker.domain.composition.filling import Filling
from tracker.domain.composition.groups import (
    advice_for,
    groups_of,
    headline,
    needed,
)
from tracker.domain.reports import Parts


def composition(**more: Any) -> Composition:
    filling = Filling(
        cells={
            "history\ntool_results\nRead\n/w/src/app.py": 600,
            "history\ntool_results\nRead\n/w/src/b.py": 2,
            "history\ntool_results\nRead\n/w/src/c.py": 1,
            "history\ntool_results\nBash\n": 100,
            "history\ntool_calls\nBash\n": 20,
            "history\nuser_text\n\n": 30,
            "history\nthinking\n\n": 47,
        },
        reads={"/w/src/app.py\nlines 1 to 9": (3, 600, 200)},
        tools={"Bash": 10, "mcp__db__one": 20, "mcp__db__two": 20, "Never": 10},
        called={"Bash": 4, "Read": 3},
        **more,
    )
    return Composition.read(filling.packed(), Parts(system=40, history=800, tools=60))


def test_every_group_adds_up_to_the_whole() -> None:
    found = composition()
    groups = groups_of(found)

    assert sum(group.tokens for group in groups) == 900
    for group in groups:
        assert sum(tile.tokens for tile in group.tiles) == group.tokens
    assert [group.name for group in groups][:2] == ["Read files", "Tool results"]
    assert headline(found, groups) == "Read files fill 67\u00a0% of it"


def test_files_say_how_often_they_were_read_and_small_ones_are_one_tile() -> None:
    first, rest = groups_of(composition())[0].tiles

    assert first == ("/w/src/app.py", 600, 3, 400)
    assert rest == ("2 more", 3, 0, 0)


def test_what_could_go_is_said_with_its_tokens() -> None:
    repeat, server, tool = advice_for(composition())

    assert repeat.tokens == 400
    assert repeat.sentence.startswith(
        "src/app.py, lines 1 to 9, were read 3 times, and each copy is sent"
    )
    assert (server.name, server.tokens) == ("No tool of db was called", 40)
    assert "mcp__db__one, mcp__db__two. Switch the server db off" in server.sentence
    assert (tool.name, tool.tokens) == ("1 tool never called", 10)


def test_a_large_message_has_a_sentence() -> None:
    found = composition()

    assert found.repeats == (Repeat("/w/src/app.py", "lines 1 to 9", 3, 600, 400),)
    told = needed(found, "Read src/app.py, lines 1 to 9", "tool_results")
    assert told == "Read 3 times: only the newest copy is needed."
    assert needed(found, "Read src/app.py, lines 10 to 20", "tool_results").startswith(
        "Ask for less"
    )
