"""What a span is inside of, by the spans that are known."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.sources.otlp.placing.lineage import Lineage
from tracker.sources.otlp.wire.records import Span

AGENT = {"gen_ai.operation.name": "invoke_agent"}


def made(
    name: str, parent: str = "", at: int = 0, seconds: int = 1, **said: Any
) -> Span:
    return Span(name, "t1", name, parent, at, at + seconds, "tests", said, {})


def names(lineage: Lineage, span: Span) -> list[str]:
    return [each.name for each in lineage.lineage(span)]


ROOT = made("root", at=0, seconds=100, **{"session.id": "chat-1"})
AGENT_SPAN = made("agent", "root", at=10, seconds=20, **AGENT)
CALL = made("call", "agent", at=12)


@pytest.mark.parametrize("spans", [(ROOT, AGENT_SPAN, CALL), (CALL, AGENT_SPAN, ROOT)])
def test_parents_in_any_order(spans: tuple[Span, ...]) -> None:
    assert names(Lineage(spans), CALL) == ["call", "agent", "root"]


def test_the_shortest_span_around_stands_in_for_a_parent_that_is_not_known() -> None:
    call = made("call", "unsent", at=12)
    assert names(Lineage((ROOT, AGENT_SPAN, call)), call) == ["call", "agent", "root"]
    late = made("late", "unsent", at=50)
    assert names(Lineage((ROOT, AGENT_SPAN, late)), late) == ["late", "root"]


def test_a_root_holds_what_ends_after_it() -> None:
    call = made("call", "unsent", at=500)
    assert names(Lineage((ROOT, AGENT_SPAN, call)), call) == ["call", "root"]


def test_a_call_beside_another_one_is_not_inside_it() -> None:
    longer = made("longer", "unsent", at=0, seconds=100, **{"session.id": "chat-2"})
    call = made("call", "unsent", at=12)
    lineage = Lineage((longer, call), calls=[longer.key, call.key])
    assert names(lineage, call) == ["call"]


def test_what_tells_nothing_stands_in_for_nobody() -> None:
    http = made("http", "unsent", at=0, seconds=100)
    call = made("call", "unsent", at=12)
    assert names(Lineage((http, call)), call) == ["call"]


def test_a_ring_of_parents_ends() -> None:
    one, two = made("one", "two"), made("two", "one")
    assert names(Lineage((one, two)), one) == ["one", "two"]
    assert len(list(Lineage((one, two)).ancestors(one))) < 1000
