"""Where two requests begin to differ."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.caching.prefixes import Prefix, first_difference
from tracker.domain.cuts.digests import chain

TALK = [{"role": "user", "content": f"word {n}"} for n in range(5)]
BILLED = b'[{"text": "x-anthropic-billing-header: cch=%s;"}, {"text": "You help."}]'


def prefix(
    messages: Any = TALK,
    *,
    model: str = "m",
    tools: bytes = b"[]",
    system: bytes = b'"s"',
    cut: bytes = b"",
) -> Prefix:
    return Prefix.of(model, tools, system, cut, chain(messages))


@pytest.mark.parametrize(
    "now, words",
    [
        (prefix(model="n"), "seen model"),
        (prefix(tools=b"[1]", system=b'"t"'), "seen tools"),
        (prefix(system=b'"t"'), "seen system"),
        (prefix(cut=b"c"), "seen cut"),
        (prefix([*TALK[:2], {"role": "user", "content": "!"}]), "seen message 3 of 3"),
        (prefix([*TALK, *TALK]), ""),
        (prefix(TALK[:2]), ""),
    ],
)
def test_the_first_difference_is_named(now: Prefix, words: str) -> None:
    assert first_difference(prefix(), now) == words


def test_a_line_that_the_provider_takes_out_is_no_difference() -> None:
    before, now = prefix(system=BILLED % b"a1"), prefix(system=BILLED % b"b2")

    assert first_difference(before, now) == ""


def test_a_request_that_goes_on_holds_all_of_the_one_before() -> None:
    assert prefix(TALK[:3]).count_in(prefix()) == 3
    assert prefix().count_in(prefix(TALK[:3])) is None
    assert prefix().count_in(prefix(cut=b"c")) is None
