"""What compressions keep: over time, the worst ten, by who compressed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

DAY = 86_400


@pytest.fixture
def history(make_session, make_compression):
    def analysis(kept, lost):
        return {"facts_by_kind": {"path": {"kept": kept, "lost": lost}}}

    for n in range(12):
        make_compression(
            make_session(f"s{n}"),
            ago=(n % 3) * DAY,
            score=n / 10 if n < 10 else None,
            facts_lost=n,
            model="m-a" if n % 2 else "",
            text={"analysis": analysis(n, 12 - n)},
        )
    make_compression(make_session("old"), ago=60 * DAY, score=0.01)
    make_compression(make_session("advice"), is_advice=True, score=0.0)


def test_the_worst_ten_and_who_compressed(member, history):
    page = member.get("/compressions/retention/")

    worst = [row.session.key for row in page.context["worst"]]
    assert worst == [f"s{n}" for n in range(10)]
    assert [(g.name, g.count) for g in page.context["by_model"]] == [
        ("m-a", 6),
        ("unknown model", 6),
    ]
    assert page.context["by_trigger"][0].score == pytest.approx(0.45)
    assert "12 compressions freed 1,426,080 tokens" in page.content.decode()


def test_the_period_is_in_the_address(member, history):
    page = member.get("/compressions/retention/?period=all")

    assert page.context["worst"][1].session.key == "old"
    assert len(page.context["days"]) == 4


def test_the_figure_has_a_line_per_class_and_the_tokens_freed(member, history):
    figure = member.get("/compressions/retention/figure.json?theme=light").json()

    names = [trace["name"] for trace in figure["data"]]
    assert names == ["Paths", "Tokens freed"]
    # Today: s0, s3, s6, s9 kept 0 + 3 + 6 + 9 of 48 paths.
    assert figure["data"][0]["y"][-1] == pytest.approx(18 / 48)
    assert figure["data"][1]["y"][-1] == 4 * 118_840
    assert figure["layout"]["annotations"][0]["text"] == "Paths 38%"


def test_a_single_day_stands_at_the_end_of_a_week(
    member, make_session, make_compression
):
    cut = make_compression(make_session("s"))

    figure = member.get("/compressions/retention/figure.json").json()

    first, last = figure["layout"]["xaxis"]["range"]
    assert last == f"{cut.at.date()} 12:00:00"
    assert datetime.fromisoformat(last) - datetime.fromisoformat(first) == timedelta(7)


def test_nothing_compressed_is_said(member, db):
    page = member.get("/compressions/retention/?period=nonsense")

    assert "No compressions in this period" in page.content.decode()
    figure = member.get("/compressions/retention/figure.json").json()
    assert [trace["name"] for trace in figure["data"]] == ["Tokens freed"]


def test_another_projects_compressions_are_not_counted(
    member, make_session, make_compression, other_project
):
    make_compression(make_session("theirs", project=other_project), score=0.1)

    assert member.get("/compressions/retention/").context["count"] == 0


def test_login_is_needed(client, db):
    for path in ("", "figure.json"):
        assert client.get(f"/compressions/retention/{path}").status_code == 302
