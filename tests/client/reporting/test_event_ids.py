"""Ids that make a report harmless to send twice."""

from __future__ import annotations

from tracker.client.reporting import event_ids
from tracker.client.reporting.event_ids import make_event_id


def test_ids_are_unique_and_sort_by_time() -> None:
    ids = [make_event_id() for _ in range(9)]

    assert len(set(ids)) == 9
    assert ids == sorted(ids)


def test_a_forked_child_makes_ids_of_its_own() -> None:
    parent = make_event_id().split("-")[2]

    event_ids._forget_process()

    assert make_event_id().split("-")[2] != parent
