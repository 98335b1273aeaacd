"""What fills a window, named where it is counted."""

from __future__ import annotations

import json
from typing import Any

from tests.api.conftest import LONG_TALK
from tracker.domain.compression import OptimizeRequest
from tracker.domain.counting.measure import Measure, NamedCount
from tracker.domain.cuts.cut import Cut
from tracker.workers.jobs.naming import MOST_CUTS, CutFillings, named

COUNT = NamedCount("by_script")
MEASURE = Measure(COUNT)


def cut(number: int, *messages: Any) -> Cut:
    return Cut(9, b"%d" % number, json.dumps(messages).encode())


def request(*messages: Any) -> OptimizeRequest:
    return OptimizeRequest("s", messages, count=COUNT)


def test_what_follows_a_cut_is_named_as_the_whole_is() -> None:
    whole = named(request(*LONG_TALK), 0)
    behind = named(request(*LONG_TALK[9:]), 0, cut(1, *LONG_TALK[:9]))

    assert behind == whole
    assert behind.packed and behind.added


def test_a_cut_is_named_once_and_stays_as_it_was() -> None:
    known, one = CutFillings(), cut(1, *LONG_TALK[:9])

    first = known.of(one, MEASURE)
    before = first.packed()

    named(request(*LONG_TALK[9:]), 7, one)
    assert known.of(one, MEASURE) is first
    assert first.packed() == before


def test_other_replacements_of_the_same_originals_are_others() -> None:
    known = CutFillings()

    mine, other = cut(1, *LONG_TALK[:9]), cut(1, *LONG_TALK[:3])

    assert known.of(mine, MEASURE).messages == 9
    assert known.of(other, MEASURE).messages == 3


def test_the_cut_that_was_asked_for_longest_ago_is_forgotten_first() -> None:
    known = CutFillings()
    first, second = cut(0, LONG_TALK[0]), cut(1, LONG_TALK[0])
    kept, gone = known.of(first, MEASURE), known.of(second, MEASURE)

    for number in range(2, MOST_CUTS + 1):
        known.of(first, MEASURE)
        known.of(cut(number, LONG_TALK[0]), MEASURE)

    assert known.of(first, MEASURE) is kept
    assert known.of(second, MEASURE) is not gone
