"""The overview: who needs a person, fullest first, and what just happened."""

from __future__ import annotations

import re

from tracker.models import ProjectMember

DAY = 86_400


def titles(response) -> list[str]:
    return re.findall(
        r'<a class="sess"[^>]*><bdi>(.*?)</bdi>', response.content.decode()
    )


def test_the_headline_says_how_many_sessions_need_a_person(member, make_session):
    make_session("calm", used=1_000)
    make_session("full", used=190_000)
    make_session("over", used=200_000)

    page = member.get("/")

    text = re.sub(r"<[^>]+>", "", page.content.decode())
    assert "2 of 3 sessions need you" in text
    assert "1 exceeded, 1 critical" in text


def test_the_headline_says_when_nobody_is_needed(member, make_session):
    make_session("calm", used=1_000)

    page = member.get("/").content.decode()

    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    calm, alarm = heading.split("<span data-alarm")
    assert re.sub(r"<[^>]+>", "", calm) == "Nothing needs you now · 1 session"
    assert "data-calm hidden" not in calm
    assert alarm.startswith(" hidden>")


def test_the_fullest_come_first_and_the_idle_last_however_full(member, make_session):
    make_session("idle", used=190_000, ago=2 * DAY)
    make_session("half", used=98_000)
    make_session("full", used=170_000)

    assert titles(member.get("/")) == ["full", "half", "idle"]


def test_filters_narrow_the_list_and_survive_in_the_address(member, make_session):
    make_session("a", used=190_000, model="gpt-5")
    make_session("b", used=190_000, model="my-model")
    make_session("c", used=1_000, model="gpt-5", metadata={"team": "search"})

    assert titles(member.get("/?level=critical&model=gpt-5")) == ["a"]
    assert titles(member.get("/?q=SEARCH")) == ["c"]
    assert titles(member.get("/?activity=1h&level=ok")) == ["c"]
    page = member.get("/?level=critical&model=gpt-5").content.decode()
    assert '<option value="gpt-5" selected>gpt-5</option>' in page
    assert 'name="level" value="critical"' in page


def test_counts_beside_a_filter_are_of_the_filtered_sessions(member, make_session):
    make_session("a", used=190_000, model="gpt-5")
    make_session("b", used=190_000, model="my-model")

    page = member.get("/?model=gpt-5")

    assert page.context["counts"]["critical"] == 1
    assert member.get("/").context["counts"]["critical"] == 2


def test_pages_follow_each_other_without_gap_or_repetition(member, make_session):
    for number in range(104):
        make_session(f"s{number:03}", used=1_000 + number % 5, ago=60 + number * 1_700)

    seen: list[str] = []
    page = member.get("/")
    while page.context["page"].next:
        seen += titles(page)
        page = member.get("/", {"cursor": page.context["page"].next})
    seen += titles(page)

    assert len(seen) == 104
    assert len(set(seen)) == 104


def test_nonsense_in_the_address_is_no_server_error(member, make_session):
    make_session("a")

    assert titles(member.get("/?level=purple&activity=aeon")) == ["a"]
    for cursor in ("x", "WzBd", "W10", "bnVsbA", "WzAsImEiLDEsMl0", "é"):
        assert member.get("/", {"cursor": cursor}).status_code == 404


def test_htmx_gets_the_list_and_the_counts_only(member, make_session):
    make_session("a")

    fragment = member.get("/", headers={"HX-Request": "true"})

    text = fragment.content.decode()
    assert "<html" not in text
    assert 'id="session-list"' in text
    assert 'id="level-strip"' in text and "hx-swap-oob" in text
    assert "HX-Request" in fragment["Vary"]


def test_client_text_is_shown_as_text(member, make_session):
    make_session("<script>alert(1)</script>/😀")

    page = member.get("/").content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;/😀" in page


def test_no_page_needs_an_inline_style_or_script(member, make_session):
    make_session("a")

    page = member.get("/")

    assert " style=" not in page.content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page.content.decode())
    assert "'unsafe" not in page["Content-Security-Policy"]


def test_another_projects_sessions_are_not_there(member, make_session, other_project):
    make_session("mine")
    make_session("theirs", used=190_000, project=other_project)

    page = member.get("/")

    assert titles(page) == ["mine"]
    assert page.context["counts"]["critical"] == 0
    assert titles(member.get("/?project=legal")) == []


def test_without_login_nothing_is_shown(client, db):
    answer = client.get("/")

    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/"


def test_before_the_first_report_there_are_lines_to_paste(member):
    page = member.get("/", headers={"host": "localhost:8123"}).content.decode()

    assert "http://localhost:8123/api/v1/usage" in page
    assert "manage.py api_key create" in page


def test_the_number_of_queries_does_not_grow_with_the_store(
    member, make_session, django_assert_max_num_queries
):
    for number in range(60):
        make_session(f"s{number}")

    with django_assert_max_num_queries(14):
        member.get("/")


def test_the_frame_counts_the_chosen_project_as_its_socket_does(
    member, make_session, make_compression, other_project
):
    ProjectMember.objects.create(
        project=other_project, user=member.user, role="reviewer"
    )
    make_compression(make_session("full", used=250_000, project=other_project))

    every, chosen = (
        member.get(f"/sessions/{query}").context["frame"]
        for query in ("", "?project=search")
    )

    assert (every["alarm_count"], every["pending_count"]) == (1, 1)
    assert (chosen["alarm_count"], chosen["pending_count"]) == (0, 0)
