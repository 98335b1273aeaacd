"""What the requests of one trace change, each beside those before it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.otlp.bodies import read_traces, span
from tests.sources.otlp.call_spans import usage
from tracker.ingest.twins import trace_book
from tracker.ingest.twins.trace_book import Settled, TraceBook

NAMED = {"session.id": "chat-1"}
HELPER = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"}
MAIN = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "main"}


def send(book: TraceBook, *spans: dict[str, Any], is_stored: bool = True) -> Settled:
    settled = book.settle(1, read_traces(*spans).heard)
    if is_stored:
        book.confirm(1, settled, twins=())
    return settled


def moves(settled: Settled) -> list[tuple[str, str, str, str]]:
    return [
        (
            m.before.place.session,
            m.now.place.session,
            m.now.report.lane,
            m.now.place.event_id,
        )
        for m in settled.moves
    ]


CALL = span(3, usage(900) | NAMED, parent=2)
ID = f"span:{0xA1:032x}:{3:016x}"


def test_a_call_moves_to_the_lane_that_its_agents_tell_under_an_id_of_its_own() -> None:
    book = TraceBook()
    assert len(send(book, CALL).reports) == 1
    assert [m.names_agent for m in send(book, span(2, HELPER, parent=1)).moves] == [
        True
    ]

    found = moves(send(book, span(1, MAIN | NAMED, seconds=9)))

    assert found == [("chat-1", "chat-1", "helper", f"{ID}~2")]


def test_a_window_that_a_later_span_tells_completes_the_call() -> None:
    book = TraceBook()
    told = {"github.copilot.token_limit": 168_000}
    send(book, CALL)
    agent = span(2, {}, event=("github.copilot.session.usage_info", told))

    settled, again = send(book, agent), send(book, agent)

    ((_, counted),) = settled.reports
    assert (counted.report.window_tokens, counted.place.event_id) == (168_000, ID)
    assert again.reports == []


def test_what_was_not_confirmed_is_changed_again() -> None:
    book = TraceBook()
    send(book, span(3, usage(900), parent=1))
    root = span(1, NAMED, seconds=9)

    lost = moves(send(book, root, is_stored=False))

    assert moves(send(book, root)) == lost == [(f"{0xA1:032x}", "chat-1", "main", ID)]
    assert send(book, root).moves == []


def test_a_span_that_comes_again_is_the_same_report() -> None:
    book = TraceBook()
    (first,), (again,) = send(book, CALL).reports, send(book, CALL).reports
    assert first == again


def test_a_total_makes_way_for_its_second_call_and_gives_the_first_back() -> None:
    book = TraceBook()
    total = span(1, usage(1800) | NAMED, seconds=9)
    send(book, total, span(2, usage(900) | NAMED, parent=1))

    settled = send(book, span(3, usage(900) | NAMED, parent=1, at=2))

    assert [c.report.used_tokens for _, c in settled.reports] == [900, 900]
    assert [c.report.used_tokens for _, c in settled.gone] == [1800]


def test_projects_and_traces_are_apart() -> None:
    book = TraceBook()
    send(book, span(3, usage(900), parent=1))
    root = read_traces(span(1, NAMED, seconds=9)).heard
    assert book.settle(2, root).moves == []
    other = read_traces(span(1, NAMED, seconds=9, trace=0xB2)).heard
    assert book.settle(1, other).moves == []


def test_the_oldest_traces_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_book, "REMEMBERED_SPANS", 2)
    book = TraceBook()
    for trace in (1, 2, 3):
        send(book, span(3, usage(900), parent=1, trace=trace))
    roots = [span(1, NAMED, seconds=9, trace=trace) for trace in (1, 3)]

    assert [m.key[0] for m in send(book, *roots).moves] == [f"{3:032x}"]


def test_a_trace_that_is_full_moves_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_book, "SPANS_OF_A_TRACE", 2)
    book = TraceBook()
    send(book, span(3, usage(900), parent=1))
    send(book, span(1, NAMED, seconds=9))

    late = send(book, span(4, usage(700), parent=1, at=2))

    assert [c.report.session for _, c in late.reports] == ["chat-1"]
    assert send(book, span(5, HELPER, parent=1)).moves == []
