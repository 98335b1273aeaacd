"""Kept messages in order: each once, also after a compression that was not applied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tracker.reading.sessions.kept_messages import Ending, KeptMessages, Place

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def keep(db):
    """`keep(before, after, tokens)`: a compression of one session with its texts."""
    from tracker.models import Compression, CompressionText, LLMSession, Project

    project = Project.objects.create(slug="p", name="P")
    session = LLMSession.objects.create(project=project, key="s", created_at=NOON)

    def make(before, after=None, tokens=(), **fields):
        seq = Compression.objects.count() + 1
        cut = Compression.objects.create(
            project=project, session=session, seq=seq, at=NOON + timedelta(hours=seq),
            performed_by="client", trigger="auto", before_tokens=9, after_tokens=5,
            before_message_count=len(before or []),
            after_message_count=len(after or []), **fields,
        )  # fmt: skip
        fates = [{"index": at, "tokens": n, "fate": "x"} for at, n in enumerate(tokens)]
        CompressionText.objects.create(
            compression=cut, before=before, after=after, analysis={"fates": fates}
        )
        return cut

    make.session = session
    return make


def words(items):
    return ["|" if isinstance(item, Ending) else item.raw for item in items]


def test_what_a_compression_left_is_not_shown_again(keep):
    keep(["a", "b", "c"], ["sum", "c"])
    keep(["sum", "c", "d"], ["sum 2"])

    page = KeptMessages(keep.session).page(None, limit=50)

    assert words(page.items) == ["a", "b", "c", "|", "d", "|"]
    assert page.items[3].new == ["sum"] and page.items[5].new == ["sum 2"]
    assert (page.earlier, page.later) == (None, None)


def test_after_an_advice_the_messages_go_on(keep):
    keep(["a", "b"], ["sum"], is_advice=True)
    keep(["a", "b", "c"], ["sum"])

    assert words(KeptMessages(keep.session).page(None, limit=9).items) == [
        "a", "b", "|", "c", "|",
    ]  # fmt: skip


def test_pages_have_each_message_once_forwards_and_backwards(keep):
    first = keep([f"a{n}" for n in range(5)], ["s"])
    keep(["s", *(f"b{n}" for n in range(4))])
    kept, seen, start = KeptMessages(keep.session), [], None
    for _ in range(9):
        page = kept.page(start, limit=3)
        seen += [word for word in words(page.items) if word != "|"]
        start = page.later
        if start is None:
            break

    assert seen == ["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3"]
    assert page.earlier is not None
    assert kept.page(Place(first.pk, 3), limit=3).earlier == Place(first.pk, 0)


def test_the_largest_are_counted_where_they_came_first(keep):
    first = keep(["a", "b"], ["b"], tokens=(5, 900))
    second = keep(["b", "c"], tokens=(900, 40))

    assert KeptMessages(keep.session).largest() == [
        (Place(first.pk, 1), 900, 0), (Place(second.pk, 1), 40, 1),
        (Place(first.pk, 0), 5, 0),
    ]  # fmt: skip


def test_a_search_stops_at_its_limit_and_goes_on_from_there(keep):
    cut = keep([f"Word {n}" for n in range(5)])
    kept = KeptMessages(keep.session)

    found = kept.search("word", None, limit=2, say=str)
    assert [hit.raw for hit in found.items] == ["Word 0", "Word 1"]
    assert found.later == Place(cut.pk, 2)
    rest = kept.search("word", found.later, limit=9, say=str)
    assert len(rest.items) == 3 and rest.later is None


def test_compressions_without_texts_are_left_out(keep):
    keep(None)

    assert KeptMessages(keep.session).chapters == []
    assert KeptMessages(keep.session).page(None, limit=5).items == []
