"""The overview: who needs a person, fullest first, and what just happened."""

from __future__ import annotations

import re

from tracker.models import ProjectMember
from tracker.reading.policies.policy_shelf import forget_policies

HOUR = 3_600


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
    assert "2 of 3 active sessions need you" in text
    assert "1 exceeded, 1 critical" in text


def test_the_headline_says_when_nobody_is_needed(member, make_session):
    make_session("calm", used=1_000)

    page = member.get("/").content.decode()

    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    calm, alarm = heading.split("<span data-alarm")
    assert re.sub(r"<[^>]+>", "", calm) == "Nothing needs you now · 1 active session"
    assert "data-calm hidden" not in calm
    assert alarm.startswith(" hidden>")


def test_who_is_silent_for_an_hour_is_counted_apart_and_stands_below(
    member, make_session
):
    make_session("idle", used=199_000, ago=2 * HOUR)
    make_session("half", used=98_000)
    make_session("full", used=170_000)

    page = member.get("/")

    text = re.sub(r"<[^>]+>", "", page.content.decode())
    assert titles(page) == ["full", "half", "idle"]
    assert "Nothing needs you now · 2 active sessions" in text
    assert "1 idle session" in text
    assert [row.session.key for row in page.context["rows"]] == ["full", "half"]
    assert dict(page.context["idle_levels"])["exceeded"] == 1
    assert page.context["frame"]["alarm_count"] == 0
    assert "(1)" not in text


def test_what_counts_as_active_is_chosen_and_kept_by_the_browser(member, make_session):
    make_session("idle", used=199_000, ago=2 * HOUR)

    chosen = member.get("/?active=8h")
    later = member.get("/sessions/")

    assert chosen.context["total"] == 1
    assert later.context["frame"]["alarm_count"] == 1
    assert later.context["frame"]["active_span"] == "8h"
    assert 'data-live-active="8h"' in later.content.decode()
    assert member.get("/?active=1h").context["total"] == 0
    assert member.get("/").context["total"] == 0


def test_a_session_full_of_messages_is_not_shown_as_fine(member, make_session):
    make_session("long", used=1_000, message_count=52)
    make_session("short", used=1_000, message_count=3)

    page = member.get("/").content.decode()

    long, short = re.findall(r'<td class="w-level">(.*?)</td>', page)
    names = re.findall(r'<td class="w-name">(.*?)</td>', page)
    if "short" in names[0]:
        long, short = short, long
    assert "#lv-compress" in long and "#lv-ok" in short
    due = next(name for name in names if "long" in name)
    assert "52</span> messages: compression is due" in due
    assert "data-due hidden" not in due
    strip = page.split('id="level-strip"')[1].split("</nav>")[0]
    compress = strip.split('data-level="compress"')[1].split("</a>")[0]
    assert "+ 1 by messages" in compress  # so it does not contradict the row
    assert strip.count("by messages") == 1


def test_the_strip_shows_the_thresholds_that_apply(member, make_session, policy):
    make_session("a")

    before = member.get("/").context["ranges"].texts
    type(policy).objects.filter(pk=policy.pk).update(warning_percent=70)
    forget_policies()
    after = member.get("/").context["ranges"].texts

    assert (before["warning"], after["warning"]) == ("80 to 85 %", "70 to 85 %")
    assert after["ok"] == "under 70 %"


def test_a_full_session_is_drawn_beyond_the_end_of_its_budget(member, make_session):
    make_session("over", used=205_000)
    make_session("far over", used=400_000)

    far, over = member.get("/").context["rows"]

    assert over.gauge.share < over.gauge.fill < 100 and over.gauge.over > 3
    assert not over.gauge.is_broken and far.gauge.is_broken


def test_sessions_of_one_title_are_told_apart(member, make_session):
    place = {"repository": "billing-api", "branch": "fix/webhook"}
    make_session("a", title="Fix tests", metadata=place, origin="claude_code")
    make_session("b", title="Fix tests", metadata={**place, "branch": "main"})

    page = member.get("/").content.decode()

    places = [
        re.findall(r"<bdi>(.*?)</bdi>", where)
        for where in re.findall(r'<span class="where">(.*?)</td>', page)
    ]
    assert ["billing-api", "fix/webhook", "Claude Code"] in places
    assert ["billing-api", "main"] in places


def test_filters_narrow_the_list_and_survive_in_the_address(member, make_session):
    make_session("a", used=190_000, model="gpt-5")
    make_session("b", used=190_000, model="my-model")
    make_session("c", used=1_000, model="gpt-5", metadata={"team": "search"})

    assert titles(member.get("/?level=critical&model=gpt-5")) == ["a"]
    assert titles(member.get("/?q=SEARCH")) == ["c"]
    assert titles(member.get("/?level=ok")) == ["c"]
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
        make_session(f"s{number:03}", used=1_000 + number % 5, ago=60 + number * 30)

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

    with django_assert_max_num_queries(17):
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


def test_tv_mode_shows_the_same_without_navigation(member, make_session) -> None:
    make_session("full", used=190_000)

    page = member.get("/tv/").content.decode()

    assert "need" in page and "full" in page and 'class="tv"' in page
    assert '<nav class="nav"' not in page
    fragment = member.get("/tv/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="session-list"' in fragment and 'hx-get="/tv/"' in fragment


def test_plan_limits_stand_beside_the_sessions(member, project, make_session):
    from datetime import timedelta

    from django.utils import timezone

    from tracker.models import PlanLimitState

    ours = make_session("ours", origin="codex")
    other = make_session("other", origin="litellm")
    now = timezone.now()
    PlanLimitState.objects.create(
        project=project, client="codex", minutes=300, used_ratio=0.6, at=now,
        resets_at=now + timedelta(hours=4),
    )  # fmt: skip

    for address in ("/", f"/sessions/{ours.pk}/"):
        page = member.get(address).content.decode()
        assert "Codex, 5 hours" in page and "it is used up" in page
    assert "Plan limits" not in member.get(f"/sessions/{other.pk}/").content.decode()
