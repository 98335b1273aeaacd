"""Two engines find the same."""

from __future__ import annotations

import pytest

from tracker.domain.conversation.text.finding import finder


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("No, never.", True),
        ("Noël came.", False),
        ("nö no", True),
        ("know", False),
        ("", False),
    ],
)
def test_words_have_the_same_borders_in_every_language(text: str, holds: bool) -> None:
    assert finder(r"(?i)\b(?:no|never)\b")(text) is holds
