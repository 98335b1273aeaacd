"""Blocks of no known kind are named, never guessed at; known ones pass as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.dialects.block_kinds import only_known

WORDS = {"type": "text", "text": "forty centimetres"}
UNKNOWN = {"type": "hologram", "layers": ["red"]}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "a word",
        [],
        [WORDS, "a word"],
        [{"type": "server_tool_use", "name": "web_search", "input": {}}],
        [
            {
                "type": "web_search_tool_result",
                "content": [{"type": "web_search_result"}],
            }
        ],
        [{"type": "tool_result", "content": [WORDS, {"type": "browser_state"}]}],
        [{"type": "output_text", "text": "yes"}],
        [{"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}}],
    ],
)
def test_what_is_known_passes_as_it_is(content: Any) -> None:
    assert only_known(content) == (content, None)


@pytest.mark.parametrize(
    ("content", "kept", "complaint"),
    [
        ([WORDS, UNKNOWN], [WORDS], 'block 1 of type "hologram" is of no known kind'),
        ([UNKNOWN, {"type": "aura"}], [], 'block 0 of type "hologram"'),
        ([{"words": "x"}], [], "block 0 has no type"),
        ([{"type": ["text"]}], [], "block 0 of type"),
        ([7], [], "block 0 is no object"),
        (UNKNOWN, None, 'block 0 of type "hologram"'),
        (7, None, "content must be text or a list of blocks"),
        (
            [{"type": "tool_result", "content": [WORDS, UNKNOWN]}],
            [{"type": "tool_result", "content": [WORDS]}],
            'block 0.1 of type "hologram"',
        ),
    ],
)
def test_the_first_unknown_block_is_named_and_left_out(
    content: Any, kept: Any, complaint: str
) -> None:
    found, said = only_known(content)

    assert found == kept
    assert said is not None and said.startswith(complaint)


def test_a_name_of_any_length_is_told_short() -> None:
    said = only_known([{"type": "x" * 10_000}])[1]

    assert said is not None and len(said) < 120
