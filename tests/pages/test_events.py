"""The log of threshold events."""

from __future__ import annotations


def levels(response) -> list[str]:
    return [event.to_level for event in response.context["rows"]]


def test_events_are_listed_newest_first(member, make_session, make_event):
    session = make_session("a")
    make_event(session, to="warning", ago=60)
    make_event(session, to="critical", ago=5)

    page = member.get("/events/")

    assert levels(page) == ["critical", "warning"]
    assert "2 threshold events" in page.content.decode()


def test_level_session_and_time_narrow_the_log(member, make_session, make_event):
    make_event(make_session("a"), to="warning", ago=2 * 3_600)
    make_event(make_session("b"), to="critical", ago=5)

    assert levels(member.get("/events/?level=warning")) == ["warning"]
    assert levels(member.get("/events/?q=B")) == ["critical"]
    assert levels(member.get("/events/?period=1h")) == ["critical"]
    assert levels(member.get("/events/?level=x&period=x")) == ["critical", "warning"]


def test_a_hundred_a_page(member, make_session, make_event):
    session = make_session("a")
    for number in range(103):
        make_event(session, ago=number)

    first = member.get("/events/")
    second = member.get("/events/", {"cursor": first.context["page"].next})

    assert len(levels(first)) == 100
    assert len(levels(second)) == 3


def test_an_empty_log_says_when_it_fills(member):
    assert "crosses a threshold" in member.get("/events/").content.decode()


def test_another_projects_events_are_not_listed(
    member, make_session, make_event, other_project
):
    make_event(make_session("theirs", project=other_project))

    assert levels(member.get("/events/")) == []


def test_a_filters_answer_counts_anew_in_the_headline(member, make_session, make_event):
    for key in ("first", "second"):
        make_event(make_session(key))

    fragment = member.get(
        "/events/?q=first", headers={"hx-request": "true", "hx-target": "event-table"}
    ).content.decode()

    assert 'id="event-headline" hx-swap-oob="true"' in fragment
    assert "1 threshold event matches" in fragment
    assert "hx-swap-oob" not in member.get("/events/").content.decode()
