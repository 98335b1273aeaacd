"""A cut stands for a beginning, and is put in front of the rest byte for byte."""

from __future__ import annotations

import json

from tracker.domain.cuts.cut import Cut, longest
from tracker.domain.cuts.digests import chain

TALK = [{"role": "user", "content": f"Message {n}"} for n in range(6)]
DIGESTS = chain(TALK)


def cut(count: int, replacement: bytes = b'[{"role":"user"}]') -> Cut:
    return Cut(count, DIGESTS[count - 1], replacement)


def test_the_longest_cut_that_fits_is_taken() -> None:
    cuts = [cut(2), cut(5), cut(4)]

    assert longest(cuts, DIGESTS) == cuts[1]
    assert longest(cuts, DIGESTS[:4]) == cuts[2]
    assert longest(cuts, DIGESTS[:1]) is None
    assert longest([], DIGESTS) is None


def test_an_edited_message_leaves_the_cuts_before_it() -> None:
    edited = [*TALK[:3], {"role": "user", "content": "another"}, *TALK[4:]]

    assert longest([cut(2), cut(5)], chain(edited)) == cut(2)


def test_a_cut_of_no_message_begins_nothing() -> None:
    assert longest([Cut(0, b"", b"[]")], DIGESTS) is None


def test_the_rest_is_put_behind_it_byte_for_byte() -> None:
    made = cut(2, b'[ {"a": 1.0} ]')

    assert made.with_rest([]) == b'[ {"a": 1.0} ]'
    whole = made.with_rest([b'{"b" : 2}', b"{}"])
    assert whole == b'[ {"a": 1.0} ,{"b" : 2},{}]'
    assert json.loads(whole) == [{"a": 1}, {"b": 2}, {}]
    assert cut(2, b"[]").with_rest([b"{}"]) == b"[{}]"
