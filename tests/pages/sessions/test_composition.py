"""The session page shows what fills the window, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.composition.filling import filling_of
from tracker.domain.reports import Parts, UsageReport

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def page(project: Any, member: Any) -> Any:
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession

    def show(*reports: UsageReport, query: str = "") -> str:
        Recorder().record([Arrival(project.pk, report, AT) for report in reports])
        pk = LLMSession.objects.get().pk
        return str(member.get(f"/sessions/{pk}/{query}").content.decode())

    return show


def read_twice(lane: str = "main") -> UsageReport:
    call = {"type": "tool_use", "name": "Read", "input": {"file_path": "src/<app>.py"}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Fix it"}]
    for number in ("1", "2"):
        result = {"type": "tool_result", "tool_use_id": number, "content": "x"}
        messages += [
            {"role": "assistant", "content": [{**call, "id": number}]},
            {"role": "user", "content": [result]},
        ]
    filling = filling_of(messages, [5, 10, 400, 10, 400], tools=[{"name": "Never"}])
    return UsageReport(
        "s", 1_000, Parts(system=100, history=850, tools=50), "reported", lane=lane,
        at=AT, added=filling.take_added(), composition=filling.packed(),
    )  # fmt: skip


def test_the_map_the_tables_and_what_could_go(page: Any) -> None:
    before = UsageReport("s", 400, Parts(history=400), "reported",
                         at=AT - timedelta(minutes=1))  # fmt: skip
    text = page(before, read_twice())

    assert "Read files fill 82\u00a0% of it" in text
    assert 'class="tree tree-l"' in text and 'class="tree tree-s"' in text
    assert "Read files: src/&lt;app&gt;.py: 824 tokens, 82.4\u00a0% of used" in text
    assert "The same lines were read more than once" in text
    assert "1 tool never called" in text
    assert "src/&lt;app&gt;.py" in text and "<app>" not in text
    assert "<b>+600</b>" in text  # what the turn added
    assert "Read src/&lt;app&gt;.py" in text


def test_the_head_says_what_fills_it_and_where_it_jumped(page: Any) -> None:
    before = UsageReport("s", 400, Parts(history=400), "reported",
                         at=AT - timedelta(minutes=1))  # fmt: skip
    text = page(before, read_twice())

    head = text[: text.index("budget-now")]
    assert "Read files fill 82\u00a0% of it" in head
    assert "at most" in head and "+600" in head
    assert "Read src/&lt;app&gt;.py" in head
    assert "no price known" in head


def test_what_is_named_by_what_is_left_is_said(page: Any) -> None:
    report = replace(read_twice(), parts_source="inferred")

    # 100 of the system prompt, 25 of the history, 33 of the tools
    assert "158 of them inferred" in page(report)


def test_where_only_usage_is_known_the_cache_is_shown_instead(page: Any) -> None:
    text = page(
        UsageReport(
            "s",
            1_000,
            Parts(unattributed=1_000),
            "reported",
            at=AT,
            input_tokens=1_000,
            cache_read_tokens=700,
            cache_creation_tokens=200,
        )  # fmt: skip
    )

    assert 'aria-label="Cache read 700, Cache written 200, Fresh input 100"' in text
    assert "Its reports bring numbers only." in text
    assert 'class="tree' not in text and "Largest messages" not in text


def test_where_nothing_is_known_a_sentence_says_what_to_do(page: Any) -> None:
    text = page(UsageReport("s", 10, Parts(unattributed=10), "reported", at=AT))

    assert "It is not known yet what these tokens are." in text
    assert 'class="input-bar"' not in text


def test_one_turn_has_no_chart(page: Any) -> None:
    text = page(read_twice())

    assert "What came last" in text and 'class="turn-chart"' not in text
    assert "Newest turns" not in text and "Read src/&lt;app&gt;.py" in text


def test_a_window_that_was_emptied_holds_nothing(page: Any) -> None:
    """A program may begin anew: the last request had no message."""
    before = replace(read_twice(), at=AT - timedelta(minutes=1))
    nothing = filling_of([], []).packed()
    empty = UsageReport("s", 0, Parts(), "estimated", at=AT, composition=nothing)
    text = page(before, empty)

    shown = text[text.index('id="composition"') : text.index("What each turn added")]
    assert "Its last request held no tokens.</p>" in shown
    assert "By kind" not in text and "What could go" not in text
    assert 'class="turn-chart"' not in text  # it only shrank


def test_a_lane_has_its_own(page: Any) -> None:
    main = UsageReport("s", 10, Parts(history=10), "reported", at=AT)
    text = page(main, read_twice("helper"), query="?lane=helper")

    assert "in lane <bdi>helper</bdi>" in text
    assert "Read files fill 82\u00a0% of it" in text


def test_the_reader_steps_through_the_turns_and_stays_where_he_is(
    page: Any, member: Any, project: Any
) -> None:
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession, UsageSample

    def turn(number: int) -> UsageReport:
        return UsageReport(
            "s", 400 + number, Parts(history=400 + number), "reported",
            at=AT + timedelta(minutes=number), event_id=f"e{number}",
            added=f"{number + 1}\ttool_results\tRead {number}.py\n3\tassistant_text\t",
        )  # fmt: skip

    page(*map(turn, range(3)))
    pk = LLMSession.objects.get().pk
    second = UsageSample.objects.get(event_id="e1").pk
    address = f"/sessions/{pk}/?turn={second}"
    htmx = {"HX-Request": "true", "HX-Target": "fill"}
    before = member.get(address, headers=htmx).content.decode()
    Recorder().record([Arrival(project.pk, turn(3), AT)])
    after = member.get(address, headers=htmx | {"Cache-Control": "no-cache"})

    for text in (before, after.content.decode()):
        shown = text[text.index('id="turn"') : text.index("Newest turns")]
        assert "Read 1.py" in shown and "Answer" not in shown
        assert "Assistant text" in shown and "Read 2.py" not in shown
        assert "<html" not in text and "data-refresh-on" in text
    assert "of these tokens are in no known message" not in before
    assert "It grew most" in before and ">details</a>" in before
    for turn_asked in ("x", "999999", "9" * 40):
        text = member.get(f"/sessions/{pk}/?turn={turn_asked}").content.decode()
        assert "the newest turn" in text


def test_growth_that_no_message_explains_is_said(page: Any) -> None:
    def turn(number: int, used: int) -> UsageReport:
        return UsageReport(
            "s", used, Parts(history=used), "reported", event_id=f"e{number}",
            at=AT + timedelta(minutes=number), added="20\tassistant_text\tAnswer",
        )  # fmt: skip

    text = page(turn(0, 400), turn(1, 50_400))

    assert "but 49,980 of these tokens are in no known message" in text
    head = text[: text.index("budget-now")]
    assert "most of it in no known message" in head and "Answer" not in head
