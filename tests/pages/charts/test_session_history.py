"""How a session's chart is laid out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from tracker.models import UsageSample
from tracker.pages.charts.limit_lines import PLOT_HEIGHT, spread


def test_few_turns_have_a_tick_each(member, make_session):
    session = make_session("a")

    layout = member.get(f"/sessions/{session.pk}/figure.json").json()["figure"][
        "layout"
    ]

    assert layout["xaxis"]["dtick"] == 1


@pytest.mark.parametrize("used", [1_000, 400_000])
def test_the_names_of_the_limits_do_not_cover_each_other(member, make_session, used):
    session = make_session("a", used=used)

    layout = member.get(f"/sessions/{session.pk}/figure.json").json()["figure"][
        "layout"
    ]

    pixel = layout["yaxis"]["range"][1] / PLOT_HEIGHT
    names = [name for name in layout["annotations"] if name["xref"] == "paper"]
    heights = sorted(name["y"] / pixel + name["yshift"] for name in names)
    assert len(heights) == 5
    assert all(above - below >= 12 for below, above in pairwise(heights))


def test_places_that_are_too_close_move_apart_and_no_others():
    assert spread([0, 100, 104, 300], 10) == [0, 97, 107, 300]
    assert spread([], 10) == []


@pytest.mark.parametrize("axis", ["turns", "time"])
def test_a_first_sample_alone_is_seen(member, make_session, axis):
    session = make_session("a", used=5_000)

    path = f"/sessions/{session.pk}/figure.json?axis={axis}"
    drawn = member.get(path).json()["figure"]["data"]

    history = next(trace for trace in drawn if trace["name"] == "history")
    assert history["y"] == [5_000, 5_000]
    assert history["x"][0] < history["x"][1]
    assert history["customdata"] == [1, 1]


def test_nothing_is_drawn_where_nothing_was_reported(member, make_session):
    session = make_session("a", used=5_000, ago=3 * 86_400)
    sample = UsageSample.objects.get()
    for hours, used in ((0.5, 6_000), (50, 7_000)):
        sample.pk, sample.event_id, sample.used_tokens = None, f"e{used}", used
        sample.history_tokens = used
        sample.at = session.last_at + timedelta(hours=hours)
        sample.save(force_insert=True)

    def drawn(axis):
        path = f"/sessions/{session.pk}/figure.json?axis={axis}"
        traces = member.get(path).json()["figure"]["data"]
        return next(trace for trace in traces if trace["name"] == "history")

    over_time = drawn("time")
    assert over_time["y"] == [5_000, 6_000, 0, 0, 7_000]
    assert over_time["customdata"][2:4] == [None, None]
    assert over_time["x"] == sorted(over_time["x"])
    assert drawn("turns")["y"] == [5_000, 6_000, 7_000]


def test_the_lane_of_marks_and_each_part_have_a_name(member, make_session):
    session = make_session("a")

    figure = member.get(f"/sessions/{session.pk}/figure.json").json()["figure"]

    assert figure["layout"]["yaxis2"]["ticktext"] == ["events"]
    words = [trace["meta"] for trace in figure["data"] if "meta" in trace]
    assert words == ["System", "Tools", "User context", "History", "Unattributed"]
