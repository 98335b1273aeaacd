"""What fills a window is stored beside its sample, in full for the newest alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracker.domain.composition.composition import Composition
from tracker.domain.composition.filling import Filling
from tracker.domain.reports import Parts


def packed(**kinds: int) -> str:
    cells = {f"history\n{kind}\n\n": tokens for kind, tokens in kinds.items()}
    return Filling(cells=cells).packed()


def test_the_newest_of_each_lane_is_kept_in_full(recorder: Any, usage: Any) -> None:
    from tracker.models import LaneComposition, UsageSample

    recorder.record(
        [
            usage("s", 10, second=1, composition=packed(user_text=1), added="1\t\ta"),
            usage("s", 30, second=3, composition=packed(thinking=3), added="2\t\tb"),
            usage("s", 20, second=2, composition=packed(images=2)),
            usage("s", 5, second=4, lane="helper", composition=packed(summaries=2)),
        ]
    )

    rows = {row.lane: row for row in LaneComposition.objects.all()}
    kinds = {
        lane: Composition.read(row.packed, row.parts).kinds
        for lane, row in rows.items()
    }
    assert kinds == {"main": (("thinking", 30),), "helper": (("summaries", 5),)}
    added = UsageSample.objects.order_by("at").values_list("added", flat=True)
    assert list(added) == ["1\t\ta", "", "2\t\tb", ""]

    recorder.record([usage("s", 40, second=9, composition=packed(documents=4))])
    main = LaneComposition.objects.get(lane="main")
    assert Composition.read(main.packed, main.parts).kinds == (("documents", 40),)


def test_a_report_without_one_leaves_the_last(recorder: Any, usage: Any) -> None:
    from tracker.models import LaneComposition

    recorder.record([usage("s", 10, second=1, composition=packed(user_text=1))])
    recorder.record([usage("s", 20, second=2)])

    assert LaneComposition.objects.get().history_tokens == 10


def test_a_request_told_again_brings_what_it_knows(recorder: Any, usage: Any) -> None:
    from tracker.models import LaneComposition, UsageSample

    def told(**more: Any) -> Any:
        arrival = usage("s", 10, second=1, event_id="r", **more)
        report = replace(arrival.report, origin="claude_code", source="reported")
        return replace(arrival, report=report)

    recorder.record([told()])
    again = told(composition=packed(user_text=1), added="9\tuser_text\tx")
    recorder.record([again])

    assert UsageSample.objects.get().added == "9\tuser_text\tx"
    assert LaneComposition.objects.get().history_tokens == 10


def test_a_compression_keeps_what_filled_the_window_before(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import CompressionComposition

    report = usage("s", 100, second=1)
    parts = Parts(system=20, history=80)
    recorder.record([replace(report, report=replace(report.report, parts=parts))])
    cut = compression("s", 110, 9, second=2, composition=packed(user_text=1),
                      sets_gauge=True)  # fmt: skip
    recorder.record([cut])

    row = CompressionComposition.objects.get()
    assert Composition.read(row.packed, row.parts).kinds == (
        ("user_text", 88),
        ("system_prompt", 22),
    )


def test_one_of_a_session_that_was_not_seen_before_is_all_history(
    recorder: Any, compression: Any
) -> None:
    from tracker.models import CompressionComposition

    recorder.record([compression("s", 50, 9, composition=packed(user_text=1))])

    assert CompressionComposition.objects.get().history_tokens == 50
