"""A citation by place stays only while its document has that place."""

from __future__ import annotations

from typing import Any

from tracker.domain.dialects.citations import with_sound_citations


def document(title: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "document", "title": title}]}


def says(*places: int) -> dict[str, Any]:
    citations = [{"type": "char_location", "document_index": place} for place in places]
    text = {"type": "text", "text": "As it says.", "citations": citations}
    return {"role": "assistant", "content": [text]}


def test_what_stands_before_the_document_that_goes_stays() -> None:
    before = [document("a"), document("b"), document("c"), says(0, 1, 2)]
    after = [before[0], before[2], before[3]]

    found, lost = with_sound_citations(before, after)

    assert lost == 2
    assert found[:2] == after[:2]
    assert found[2] == says(0)


def test_nothing_is_touched_while_all_documents_stay() -> None:
    before = [document("a"), says(0), {"role": "user", "content": "Thanks"}]
    after = before[:2]

    assert with_sound_citations(before, after) == (after, 0)
    assert with_sound_citations(before, after)[0] is after
