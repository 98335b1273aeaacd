"""Cuts are found by every process, in their own session alone, while it exists."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError

from tests.ingest.conftest import NOON
from tracker.domain.cuts.cut import Cut
from tracker.domain.cuts.digests import chain

TALK = [{"role": "user", "content": f"Message {n}"} for n in range(40)]
DIGESTS = chain(TALK)


def cut(count: int, **more: Any) -> Cut:
    replacement = f'[{{"role":"user","content":"{count} in short"}}]'
    return Cut(count, DIGESTS[count - 1], replacement.encode(), **more)


@pytest.fixture
def store_cut(recorder: Any, compression: Any) -> Any:
    """`store_cut("s", cut(20))`: with its compression, through the door."""

    def store(session: str, made: Cut, **more: Any) -> None:
        (answer,) = recorder.record([compression(session, 100, 10, cut=made, **more)])
        assert answer.compression_id

    return store


def test_a_stored_cut_is_found_by_a_process_that_did_not_make_it(
    store_cut: Any, project: Any
) -> None:
    from tracker.ingest.compressing import cuts
    from tracker.models import Compression

    made = cut(20, history_tokens=7, system_tokens=2, counter="c", new_messages=3)
    store_cut("s", made)

    found = cuts.find(project.pk, "s", DIGESTS[:25])

    assert found is not None
    assert found.compression_id == Compression.objects.get().pk
    assert (found.message_count, found.digest) == (20, DIGESTS[19])
    assert found.replacement == made.replacement
    assert (found.history_tokens, found.system_tokens) == (7, 2)
    assert (found.counter, found.new_messages) == ("c", 3)
    assert found.is_kept
    assert cuts.find(project.pk, "s", DIGESTS[:19]) is None


def test_the_longest_is_found_also_when_another_process_made_it(
    store_cut: Any, project: Any
) -> None:
    from tracker.ingest.compressing import cuts

    store_cut("s", cut(10))
    assert cuts.find(project.pk, "s", DIGESTS).message_count == 10

    store_cut("s", cut(30))  # not remembered here

    assert cuts.find(project.pk, "s", DIGESTS).message_count == 30
    assert cuts.find(project.pk, "s", DIGESTS[:12]).message_count == 10


def test_no_other_session_or_project_finds_it(
    store_cut: Any, project: Any, stranger_key: str
) -> None:
    from tracker.ingest.compressing import cuts
    from tracker.models import Project

    other = Project.objects.get(slug="other")
    store_cut("s", cut(20))
    cuts.remember(project.pk, "s", cut(10))

    assert cuts.find(project.pk, "another", DIGESTS) is None
    assert cuts.find(other.pk, "s", DIGESTS) is None


def test_a_remembered_cut_is_replaced_by_bytes_once_it_is_found(
    store_cut: Any, project: Any, django_assert_num_queries: Any
) -> None:
    from tracker.ingest.compressing import cuts

    store_cut("s", cut(20))
    with django_assert_num_queries(2):
        first = cuts.find(project.pk, "s", DIGESTS)

    with django_assert_num_queries(1):
        assert cuts.find(project.pk, "s", DIGESTS) == first


@pytest.mark.parametrize("mode", ["no", "redacted"])
def test_where_the_project_keeps_no_messages_only_memory_has_it(
    store_cut: Any, project: Any, mode: str
) -> None:
    from tracker.ingest.compressing import cuts
    from tracker.models import StoredCut

    project.keep_messages = mode
    project.save()
    store_cut("s", cut(20))
    assert not StoredCut.objects.exists()
    assert cuts.find(project.pk, "s", DIGESTS) is None

    cuts.remember(project.pk, "s", cut(20))

    assert cuts.find(project.pk, "s", DIGESTS) == cut(20)


def test_a_lane_keeps_its_newest_four(store_cut: Any) -> None:
    from tracker.models import StoredCut

    for count in range(1, 8):
        store_cut("s", cut(count), second=count)
    store_cut("s", cut(30), second=9, lane="agent-1")

    counts = StoredCut.objects.order_by("pk").values_list("message_count", flat=True)
    assert list(counts) == [4, 5, 6, 7, 30]


def test_a_deleted_session_has_none_here_and_elsewhere(
    store_cut: Any, project: Any
) -> None:
    from tracker.ingest.compressing import cuts
    from tracker.models import LLMSession, StoredCut
    from tracker.upkeep.deleting import delete_session

    store_cut("s", cut(20))
    cuts.remember(project.pk, "s", cut(30))
    assert cuts.find(project.pk, "s", DIGESTS) == cut(30)

    delete_session(LLMSession.objects.get())

    assert not StoredCut.objects.exists()
    assert cuts.memory.of((project.pk, "s")) == []


def test_what_another_process_deleted_is_found_no_more(
    store_cut: Any, project: Any, monkeypatch: Any
) -> None:
    from tracker.ingest.compressing import cuts
    from tracker.models import LLMSession, StoredCut

    store_cut("s", cut(20))
    assert cuts.find(project.pk, "s", DIGESTS) is not None

    StoredCut.objects.all().delete()
    assert cuts.find(project.pk, "s", DIGESTS) is None

    cuts.remember(project.pk, "s", cut(30))
    LLMSession.objects.all().delete()
    # It may not have been written yet: the cut is used.
    assert cuts.find(project.pk, "s", DIGESTS) == cut(30)
    monkeypatch.setattr(cuts, "UNWRITTEN_SECONDS", 0.0)
    assert cuts.find(project.pk, "s", DIGESTS) is None


def test_while_the_database_is_away_memory_answers(
    store_cut: Any, project: Any, monkeypatch: Any
) -> None:
    from tracker.ingest.compressing import cuts

    store_cut("s", cut(20))
    found = cuts.find(project.pk, "s", DIGESTS)

    def away(*_: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(cuts, "_stored", away)
    assert cuts.find(project.pk, "s", DIGESTS) == found
    assert cuts.find(project.pk, "another", DIGESTS) is None


def test_memory_is_limited_and_forgets_the_session_used_longest_ago() -> None:
    from tracker.ingest.compressing.cuts import CutMemory

    size = len(cut(1).replacement)
    memory = CutMemory(most_bytes=2 * size)
    memory.put((1, "a"), cut(1))
    memory.put((1, "b"), cut(1))
    assert memory.of((1, "a"))

    memory.put((1, "c"), cut(1))

    assert [bool(memory.of((1, name))) for name in "abc"] == [True, False, True]


def test_idle_cuts_are_pruned_and_those_of_living_sessions_stay(
    store_cut: Any, recorder: Any, usage: Any
) -> None:
    from datetime import timedelta

    from tracker.models import Compression, StoredCut
    from tracker.upkeep.pruning import Pruning

    day = 86_400
    store_cut("idle", cut(20), second=-2 * day)
    store_cut("living", cut(20), second=-2 * day)
    recorder.record([usage("idle", 5, second=-day), usage("living", 5, second=0)])

    pruned = Pruning(now=NOON + timedelta(days=6.5), pause=lambda _: None).run()

    assert pruned.counts == {"cuts": 1}
    assert [c.session.key for c in StoredCut.objects.all()] == ["living"]
    assert Compression.objects.count() == 2
