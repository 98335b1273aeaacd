"""The list of all sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone


def keys(response) -> list[str]:
    return [row.session.key for row in response.context["rows"]]


def test_the_last_active_come_first(member, make_session):
    make_session("older", ago=500)
    make_session("newest", ago=5)
    never = make_session("never")
    type(never).objects.filter(pk=never.pk).update(last_at=None)

    assert keys(member.get("/sessions/")) == ["newest", "older", "never"]


def test_order_by_fullness_is_a_link_away(member, make_session):
    make_session("half", used=98_000, ago=5)
    make_session("full", used=190_000, ago=500)

    assert keys(member.get("/sessions/?order=fullest")) == ["full", "half"]


def test_pages_hold_fifty_and_go_on(member, make_session):
    for number in range(53):
        make_session(f"s{number:02}", ago=number)

    first = member.get("/sessions/")
    second = member.get("/sessions/", {"cursor": first.context["page"].next})

    assert len(keys(first)) == 50
    assert keys(second) == ["s50", "s51", "s52"]
    assert second.context["page"].next is None


@pytest.mark.parametrize("query", ["?cursor=zzz", "?cursor=WzksbnVsbCwxXQ"])
def test_a_spoilt_cursor_is_not_found(member, query):
    assert member.get(f"/sessions/{query}").status_code == 404


def test_nothing_found_offers_to_clear_the_filters(member, make_session):
    make_session("a")

    text = member.get("/sessions/?q=zebra").content.decode()

    assert "No sessions match these filters" in text
    assert "Clear the filters" in text


def test_a_search_with_wildcards_means_them_literally(member, make_session):
    make_session("100%")
    make_session("1000")

    assert keys(member.get("/sessions/", {"q": "100%"})) == ["100%"]
    assert keys(member.get("/sessions/", {"q": "\x00"})) == ["1000", "100%"]


def test_another_projects_sessions_are_not_listed(member, make_session, other_project):
    make_session("theirs", project=other_project)

    assert keys(member.get("/sessions/")) == []


def test_login_is_needed(client, db):
    assert client.get("/sessions/").status_code == 302
    assert client.get("/events/").status_code == 302
    assert client.get("/compressions/").status_code == 302


def test_a_filters_answer_counts_anew_in_the_headline(member, make_session):
    for key in ("first", "second"):
        make_session(key)

    fragment = member.get(
        "/sessions/?q=first",
        headers={"hx-request": "true", "hx-target": "sessions-table"},
    ).content.decode()

    assert 'id="sessions-headline" hx-swap-oob="true"' in fragment
    assert "1 session matches these filters" in fragment
    assert "hx-swap-oob" not in member.get("/sessions/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order=tokens", ["b", "a", "c"]),
        ("order=tokens&way=up", ["c", "a", "b"]),
        ("order=name", ["a", "b", "c"]),
        ("order=name&way=up", ["c", "b", "a"]),
        ("order=newest&way=up", ["c", "b", "a"]),
        ("order=freed", ["c", "b", "a"]),
        ("order=nonsense", ["a", "b", "c"]),
    ],
)
def test_every_column_orders_it_either_way(member, make_session, query, found):
    for name, used, ago in (("a", 5_000, 1), ("b", 9_000, 2), ("c", 100, 3)):
        session = make_session(name, used=used, ago=ago, title=name)
        type(session).objects.filter(pk=session.pk).update(saved_tokens=ago)

    assert keys(member.get(f"/sessions/?{query}")) == found


def test_pages_of_any_order_hold_each_session_once(member, make_session):
    for number in range(53):
        make_session(f"s{number:02}", ago=number, used=1_000 + number % 3)

    first = member.get("/sessions/?order=tokens")
    cursor = first.context["page"].next
    second = member.get("/sessions/", {"order": "tokens", "cursor": cursor})

    assert len({*keys(first), *keys(second)}) == 53


def test_it_is_narrowed_to_repository_client_and_days(member, make_session):
    for name, repository, origin, ago in (
        ("a", "shop", "codex", 5),
        ("b", "shop", "claude_code", 5),
        ("c", "api", "codex", 5),
        ("old", "shop", "codex", 400 * 86_400),
    ):
        session = make_session(name, ago=ago)
        values = {"metadata": {"repository": repository}, "origin": origin}
        type(session).objects.filter(pk=session.pk).update(**values)

    page = member.get("/sessions/?repository=shop&client=codex")
    assert keys(page) == ["a", "old"]
    assert '<option value="codex" selected>Codex</option>' in page.content.decode()
    lately = timezone.now() - timedelta(days=100)
    days = f"from={lately:%Y-%m-%d}&to=2999-01-01"
    narrow = f"/sessions/?repository=shop&client=codex&{days}"
    assert keys(member.get(narrow)) == ["a"]
    assert keys(member.get("/sessions/?to=2000-01-01")) == []
    assert len(keys(member.get("/sessions/?from=nonsense"))) == 4


def test_labels_are_chips_that_lead_to_the_sessions_that_have_them(
    member, make_session
):
    make_session("ours", metadata={"team": "<b>&", "scope": "otel"})
    theirs = make_session("theirs", metadata={"team": "other"})

    text = member.get("/sessions/").content.decode()
    assert "?meta=team%3A%3Cb%3E%26" in text and "team:&lt;b&gt;&amp;" in text
    assert "scope:otel" not in text

    found = member.get("/sessions/", {"meta": "team:<b>&"})
    assert keys(found) == ["ours"]
    assert 'name="meta" value="team:&lt;b&gt;&amp;" checked' in found.content.decode()
    assert keys(member.get("/sessions/?q=team:other")) == ["theirs"]
    assert len(keys(member.get("/sessions/?meta=nonsense"))) == 2
    page = member.get(f"/sessions/{theirs.pk}/").content.decode()
    assert "?meta=team%3Aother" in page
