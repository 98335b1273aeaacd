"""Where a text holds another one."""

from __future__ import annotations

import pytest

from tracker.domain.conversation.text.folding import found_span


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("Retry it", "RETRY", "Retry"),
        ("In der Straße: Retry it", "retry", "Retry"),
        ("ß" * 50 + "Retry", "retry", "Retry"),
        ("Die Straße", "STRASSE", "Straße"),
        ("İstanbul, İzmir: fix", "fix", "fix"),
        ("ﬁx it", "ix", "ﬁx"),
        ("ﬁx it", "f", "ﬁ"),
    ],
)
def test_what_is_found_is_what_was_sought(text: str, wanted: str, found: str) -> None:
    span = found_span(text, wanted)

    assert span is not None and text[slice(*span)] == found


@pytest.mark.parametrize(("text", "wanted"), [("abc", "d"), ("ß", "sss"), ("abc", "")])
def test_what_is_not_there_is_not_found(text: str, wanted: str) -> None:
    assert found_span(text, wanted) is None
