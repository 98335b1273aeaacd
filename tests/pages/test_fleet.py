"""The fleet over time: from the roll-ups, by hour or day, of one's own projects."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone

from tracker.pages.charts.fleet_data import fullest_models, span_of, steps_of

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def rolled(project: Any):
    """`rolled(ago, samples=3)`: a roll-up of the hour `ago` before the present one."""
    from tracker.models import HourlyRollup

    def make(ago: timedelta, *, of: Any = None, now: Any = None, **sums: int) -> None:
        hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0) - ago
        HourlyRollup.objects.create(project=of or project, hour=hour, **sums)

    return make


def test_a_day_holds_its_hours_and_a_mean(project, rolled):
    rolled(0 * HOUR, now=NOW, samples=1, used_tokens=100_000)
    rolled(12 * HOUR, now=NOW, samples=3, used_tokens=20_000, warning_events=2)
    rolled(13 * HOUR, now=NOW, samples=1, used_tokens=7)

    yesterday, today = steps_of([project.pk], span_of("14d", [], now=NOW))

    assert yesterday.at == datetime(2026, 11, 21, tzinfo=UTC)
    assert today.at == datetime(2026, 11, 22, tzinfo=UTC)
    assert today.mean_tokens == 30_000
    assert dict(today.events)["warning"] == 2
    assert yesterday.counts["samples"] == 1


@pytest.mark.parametrize(
    ("period", "hours", "is_in"),
    [
        ("24h", 23, True),
        ("24h", 24, False),
        ("14d", 12 + 13 * 24, True),
        ("14d", 13 + 13 * 24, False),
        ("all", 90_000, True),
    ],
)
def test_a_period_ends_with_the_present_hour_or_day(
    project, rolled, period, hours, is_in
):
    rolled(hours * HOUR, now=NOW, samples=1)

    assert bool(steps_of([project.pk], span_of(period, [project.pk], now=NOW))) is is_in


@pytest.mark.parametrize(
    ("days", "word", "start"),
    [
        (0, "day", datetime(2026, 11, 9, tzinfo=UTC)),
        (119, "day", datetime(2026, 7, 26, tzinfo=UTC)),
        (120, "week", datetime(2026, 7, 20, tzinfo=UTC)),
        (20_000, "four weeks", datetime(1972, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_long_history_is_told_in_longer_steps(project, rolled, days, word, start):
    rolled(days * 24 * HOUR, now=NOW, samples=1)

    span = span_of("all", [project.pk], now=NOW)

    assert (span.word, span.start) == (word, start)
    assert steps_of([project.pk], span)[0].at >= span.start
    assert span.end > NOW


def test_writers_of_the_same_hour_are_added_and_nothing_is_no_step(project, rolled):
    rolled(HOUR, now=NOW, writer=1, samples=5, compressions=1)
    rolled(HOUR, now=NOW, writer=2, samples=-2, compressions=-1)
    rolled(2 * HOUR, now=NOW, samples=0)

    [step] = steps_of([project.pk], span_of("24h", [], now=NOW))

    assert (step.counts["samples"], step.counts["compressions"]) == (3, 0)


def test_the_fullest_models_by_the_median_of_their_sessions(project, make_session):
    for number, used in enumerate((19_600, 117_600, 166_600)):
        make_session(f"a{number}", used=used, model="m-a")
    make_session("b", used=156_800, model="m-b")
    make_session("c", used=1)

    models, is_cut = fullest_models(
        [project.pk], span_of("14d", [], now=timezone.now())
    )

    assert [(m.name, m.sessions, m.alarmed) for m in models] == [
        ("m-b", 1, 1),
        ("m-a", 3, 1),
        ("unknown model", 1, 0),
    ]
    assert models[1].median_ratio == pytest.approx(0.6)
    assert models[1].fullest_ratio == pytest.approx(0.85)
    assert is_cut is False


def test_the_models_cost_one_bounded_query(
    project, make_session, monkeypatch, django_assert_num_queries
):
    from tracker.pages.charts import fleet_data

    monkeypatch.setattr(fleet_data, "MOST_SESSIONS", 2)
    for number in range(3):
        make_session(f"s{number}", ago=number, model=f"m-{number}")

    with django_assert_num_queries(1):
        models, is_cut = fullest_models(
            [project.pk], span_of("24h", [], now=timezone.now())
        )

    assert {m.name for m in models} == {"m-0", "m-1"}
    assert is_cut is True


def test_the_page_says_the_sums_and_has_a_table(member, rolled, make_session):
    make_session("s", used=163_072, model="m-a")
    rolled(0 * HOUR, samples=1_200, used_tokens=1_200 * 50_000, compressions=1,
           saved_tokens=118_840, exceeded_events=7)  # fmt: skip

    page = member.get("/fleet/?period=24h")

    text = page.content.decode()
    assert "1,200 reports, 1 compression freed 118,840 tokens" in text
    assert "Average context size: 50,000 tokens" in text
    assert page.context["steps"][0].counts["exceeded_events"] == 7
    assert [m.name for m in page.context["models"]] == ["m-a"]


def test_the_figures_have_a_row_per_level_and_break_where_nothing_was(member, rolled):
    rolled(5 * HOUR, samples=2, used_tokens=20, critical_events=4)
    rolled(1 * HOUR, samples=1, used_tokens=30)

    figures = member.get("/fleet/figure.json?period=24h&theme=light").json()

    assert list(figures) == ["levels", "tokens", "compressions"]
    levels = {trace["name"]: trace["y"] for trace in figures["levels"]["data"]}
    assert list(levels) == ["Exceeded", "Critical", "Compress", "Warning", "OK"]
    assert levels["Critical"] == [4, 0]
    assert figures["tokens"]["data"][0]["y"] == [10, None, 30]
    beside = [note["text"] for note in figures["tokens"]["layout"]["annotations"]]
    assert beside[:2] == ["Average size<br>16", "Reports<br>3"]
    dark = member.get("/fleet/figure.json?period=24h").json()
    assert dark["levels"]["layout"] != figures["levels"]["layout"]


def test_figures_of_nothing_are_empty_and_whole(member, db):
    figures = member.get("/fleet/figure.json?period=all").json()

    assert all(t["y"] == [] for f in figures.values() for t in f["data"])


def test_the_csv_has_every_step_oldest_first(member, rolled):
    rolled(100 * 24 * HOUR, samples=1)
    rolled(0 * HOUR, samples=2, saved_tokens=5)

    answer = member.get("/fleet/fleet.csv?period=all")

    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert [row["samples"] for row in rows] == ["1", "2"]
    assert rows[1]["saved_tokens"] == "5"
    assert answer["Content-Disposition"] == 'attachment; filename="fleet-all.csv"'


def test_only_ones_own_projects_are_summed(
    member, project, other_project, rolled, make_session
):
    rolled(0 * HOUR, of=other_project, samples=9)
    make_session("theirs", project=other_project, model="secret-model")

    for query in ("", "&project=legal"):
        page = member.get(f"/fleet/?period=all{query}")
        assert page.context["total"] is None
        assert "secret-model" not in page.content.decode()

    rolled(0 * HOUR, samples=4)
    assert member.get("/fleet/").context["total"].counts["samples"] == 4
    assert member.get("/fleet/?project=legal").context["total"] is None


def test_an_empty_period_says_where_to_look(member, rolled):
    rolled(100 * 24 * HOUR, samples=1)

    never = member.get("/fleet/?period=all&project=none").content.decode()
    assert "No reports yet" in never
    text = member.get("/fleet/?period=nonsense").content.decode()

    assert "No reports in this period" in text
    assert 'href="?period=all"' in text
    assert "plotly-finance" not in text


def test_the_overview_links_here_and_login_is_needed(member, make_session, client):
    make_session("s")
    assert 'href="/fleet/"' in member.get("/").content.decode()

    client.logout()
    for path in ("", "figure.json", "fleet.csv"):
        assert client.get(f"/fleet/{path}").status_code == 302
