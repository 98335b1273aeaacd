"""A session's page: its numbers, their sources, what judges it, what happened."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from tracker.models import Compression, LLMSession, Policy, SessionLane, UsageSample
from tracker.pages.sessions.detail import lane_of
from tracker.upkeep.deleted_files import note_deleted


def test_the_page_shows_the_numbers_with_their_sources(member, make_session):
    session = make_session("chat-42", used=163_072, title="Refund bot")

    page = member.get(f"/sessions/{session.pk}/").content.decode()

    for text in ("Refund bot", "chat-42", "163,072", "32,928", "117,600", "counted"):
        assert text in page
    assert "83.2 % of 196,000 available tokens used; 3,528 more until" in page


def test_a_file_the_client_deleted_is_told_until_a_later_report(member, make_session):
    session = make_session("a", used=100_000)
    note_deleted(project_id=session.project_id, session="a", at=timezone.now())
    said = "Its client deleted the session file"

    assert said in member.get(f"/sessions/{session.pk}/").content.decode()
    later = timezone.now() + timedelta(seconds=1)
    LLMSession.objects.filter(pk=session.pk).update(last_at=later, changed_us=2**60)
    assert said not in member.get(f"/sessions/{session.pk}/").content.decode()


def test_each_field_of_the_policy_names_who_said_it(member, make_session, project):
    session = make_session("a", used=100_000)
    Policy.objects.create(name="Search is strict", project=project, warning_percent=40)

    page = member.get(f"/sessions/{session.pk}/")

    rows = {row.word: row for row in page.context["policy_rows"]}
    assert rows["Warning"].origin == "Search is strict"
    assert rows["Warning"].value == "78,400"
    assert rows["Target"].origin != "Search is strict"
    assert page.context["budget"].level == "warning"


def test_a_field_in_dollars_keeps_its_capitals(member, make_session):
    page = member.get(f"/sessions/{make_session('a').pk}/").content.decode()

    assert "Stop a session at (US dollars)" in page
    assert page.count(">Gateway</span>") == 1  # over its rows, not in each


@pytest.mark.parametrize("is_changed", [False, True])
def test_what_the_gateway_does_is_folded_unless_somebody_changed_it(
    member, make_session, project, is_changed
):
    if is_changed:
        Policy.objects.create(name="Half", project=project, gateway_control_share=50)

    text = member.get(f"/sessions/{make_session('a').pk}/").content.decode()

    fold = '<details class="fold" id="gateway-rules"'
    assert (fold + " open>" in text) is is_changed
    assert (fold + ">" in text and "as built in" in text) is not is_changed


def test_a_policy_that_no_longer_fits_the_window_breaks_no_page(
    member, make_session, project
):
    session = make_session("small", used=900)
    type(session).objects.filter(pk=session.pk).update(
        window_tokens=2_000, available_tokens=1_500
    )
    Policy.objects.create(name="Large reserve", project=project, reserved_tokens=50_000)

    page = member.get(f"/sessions/{session.pk}/")

    assert page.status_code == 200
    assert page.context["budget"].limits.available_tokens > 0
    assert member.get("/").status_code == 200


def test_a_lane_has_a_gauge_of_its_own(member, make_session):
    session = make_session("a")
    SessionLane.objects.create(
        project_id=session.project_id,
        session=session,
        name="explore/😀",
        used_tokens=170_000,
    )

    page = member.get(f"/sessions/{session.pk}/")

    assert [lane.status.level for lane in page.context["lanes"]] == ["compress"]
    assert "explore/😀" in page.content.decode()


def add_samples(session, count: int) -> None:
    template = UsageSample.objects.get(session=session)
    start = timezone.now() - timedelta(hours=2)
    rows = []
    for number in range(count):
        used = 1_000 + number * 3
        rows.append(
            UsageSample(
                project=session.project,
                session=session,
                event_id=f"e{number}",
                at=start + timedelta(seconds=number),
                used_tokens=used,
                system_tokens=0,
                history_tokens=used,
                user_context_tokens=0,
                tools_tokens=0,
                unattributed_tokens=0,
                window_tokens=200_000,
                window_source="default",
                available_tokens=196_000,
                level="ok",
                source="counted",
                origin="api",
            )  # fmt: skip
        )
    UsageSample.objects.bulk_create(rows)
    template.delete()


def test_samples_come_in_pages_with_their_change(member, make_session):
    session = make_session("a")
    add_samples(session, 60)

    first = member.get(f"/sessions/{session.pk}/")
    cursor = first.context["page"].next
    second = member.get(f"/sessions/{session.pk}/", {"cursor": cursor})

    assert [s.event_id for s, _ in first.context["samples"]][:2] == ["e59", "e58"]
    assert {change for _, change in first.context["samples"]} == {3}
    assert second.context["samples"][0][0].event_id == "e34"


def test_a_refresh_asks_for_one_fragment(member, make_session):
    session = make_session("a")

    for target in ("budget-now", "session-facts", "sample-table"):
        headers = {"HX-Request": "true", "HX-Target": target}
        text = member.get(f"/sessions/{session.pk}/", headers=headers).content.decode()
        assert f'id="{target}"' in text
        assert text.count("<section") <= 6 and "<html" not in text


def test_another_projects_session_is_not_found(member, make_session, other_project):
    theirs = make_session("theirs", project=other_project)

    for path in ("", "figure.json", "samples.csv"):
        assert member.get(f"/sessions/{theirs.pk}/{path}").status_code == 404
    assert member.get("/sessions/99999/").status_code == 404


def test_without_login_no_session_is_shown(client, make_session):
    session = make_session("a")

    for path in ("", "figure.json", "samples.csv"):
        assert client.get(f"/sessions/{session.pk}/{path}").status_code == 302


def test_the_figure_stacks_the_parts_up_to_the_used_tokens(member, make_session):
    session = make_session("a", used=163_072)

    answer = member.get(f"/sessions/{session.pk}/figure.json?theme=light").json()

    traces = {trace["name"]: trace for trace in answer["figure"]["data"]}
    assert traces["history"]["y"] == [163_072] * 2
    assert sum(traces[n]["y"][0] for n in list(traces) if n != "marks") == 163_072
    assert answer["figure"]["layout"]["paper_bgcolor"] == "#ffffff"
    assert len(answer["figure"]["layout"]["shapes"]) == 5


def test_a_long_history_is_thinned_to_2000_points_and_says_so(member, make_session):
    session = make_session("a")
    add_samples(session, 5_000)

    answer = member.get(f"/sessions/{session.pk}/figure.json").json()

    history = answer["figure"]["data"][3]["y"]
    assert answer["is_thinned"] and answer["sample_count"] == 5_000
    assert len(history) <= 2_000
    assert max(history) == 1_000 + 4_999 * 3


def test_a_turn_keeps_its_number_when_older_ones_are_pruned(member, make_session):
    session = make_session("a")
    add_samples(session, 4)
    LLMSession.objects.filter(pk=session.pk).update(sample_count=10)

    drawn = member.get(f"/sessions/{session.pk}/figure.json").json()["figure"]["data"]

    assert drawn[0]["x"] == [7, 8, 9, 10]


def test_a_figure_over_time_says_when_and_one_of_nothing_is_empty(member, make_session):
    session = make_session("a")
    add_samples(session, 3)
    path = f"/sessions/{session.pk}/figure.json"

    when = member.get(f"{path}?axis=time").json()["figure"]["data"][0]["x"]
    none = member.get(f"{path}?lane=nobody").json()

    assert when == [s.at.isoformat() for s in session.samples.order_by("at")]
    assert none["figure"]["data"][0]["x"] == [] and none["sample_count"] == 0


def test_a_compression_stands_upright_in_the_figure(
    member, make_session, make_compression
):
    session = make_session("a")
    add_samples(session, 10)
    make_compression(session, ago=7_200 - 4.5, before_tokens=1_012, after_tokens=400)

    answer = member.get(f"/sessions/{session.pk}/figure.json").json()

    xs = answer["figure"]["data"][0]["x"]
    assert 5.01 in xs
    marks = answer["figure"]["data"][-1]
    assert marks["x"] == [5] and marks["marker"]["symbol"] == ["square"]


def test_a_suspected_compression_stands_before_the_request_that_told_it(
    member, make_session, make_compression
):
    session = make_session("a")
    add_samples(session, 10)
    sixth = UsageSample.objects.filter(session=session).order_by("at")[5]
    cut = make_compression(session, trigger="suspected", before_tokens=1_012)
    Compression.objects.filter(pk=cut.pk).update(at=sixth.at)

    marks = member.get(f"/sessions/{session.pk}/figure.json").json()["figure"]["data"]
    page = member.get(f"/sessions/{session.pk}/").content.decode()

    assert marks[-1]["x"] == [5]
    assert marks[-1]["marker"]["symbol"] == ["square-open"]
    assert "suspected: not reported by the client" in page


def streamed(answer) -> bytes:
    async def read() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(read)()


def test_the_csv_is_sent_in_pages_and_holds_the_newest(
    member, make_session, monkeypatch
):
    monkeypatch.setattr("tracker.pages.sessions.exports.CHUNK", 4)
    monkeypatch.setattr("tracker.pages.sessions.exports.MOST_ROWS", 19)
    session = make_session("a")
    add_samples(session, 30)
    same = UsageSample.objects.get(event_id="e20").at
    UsageSample.objects.filter(event_id__in=["e21", "e22", "e23"]).update(at=same)

    head, *lines = (
        streamed(member.get(f"/sessions/{session.pk}/samples.csv"))
        .decode()
        .splitlines()
    )

    newest = UsageSample.objects.order_by("-at", "-pk")[:19]
    assert head.startswith("at,lane,event_id")
    told = [line.split(",")[2] for line in lines]
    assert told == [sample.event_id for sample in reversed(newest)]


def test_the_csv_holds_every_sample_and_no_formula(member, make_session):
    session = make_session("=cmd()", model="=HYPERLINK(1)")
    add_samples(session, 30)
    UsageSample.objects.filter(event_id="e7").update(event_id="=1+1")

    answer = member.get(f"/sessions/{session.pk}/samples.csv")

    lines = streamed(answer).decode().splitlines()
    assert len(lines) == 31
    assert ",'=1+1," in lines[8]
    assert answer["Content-Disposition"] == 'attachment; filename="cmd.csv"'


def test_figure_and_page_are_plain_json_and_html(member, make_session):
    session = make_session("a")

    raw = member.get(f"/sessions/{session.pk}/figure.json").content

    assert b"bdata" not in raw  # plotly's packed arrays
    assert json.loads(raw)
    assert " style=" not in member.get(f"/sessions/{session.pk}/").content.decode()


def test_the_input_is_split_as_its_provider_counts_it(member, make_session):
    session = make_session("a", used=50_000)
    assert list(member.get(f"/sessions/{session.pk}/").context["input_rows"]) == []
    UsageSample.objects.filter(session=session).update(
        input_tokens=50_000, cache_read_tokens=42_123, cache_creation_tokens=5_000
    )

    page = member.get(f"/sessions/{session.pk}/")

    rows = list(page.context["input_rows"])
    assert rows == [
        ("Cache read", 42_123), ("Cache written", 5_000), ("Fresh input", 2_877),
    ]  # fmt: skip
    assert "42,123" in page.content.decode()


def test_inferred_parts_say_that_they_are(member, make_session):
    session = make_session("a")
    assert "Inferred:" not in member.get(f"/sessions/{session.pk}/").content.decode()
    LLMSession.objects.filter(pk=session.pk).update(parts_source="inferred")

    page = member.get(f"/sessions/{session.pk}/").content.decode()

    assert "Inferred: what the first request held" in page


def test_a_lane_has_no_nul_which_postgresql_refuses(rf):
    assert lane_of(rf.get("/", {"lane": "re\0view"})) == "review"
    assert lane_of(rf.get("/")) == "main"
