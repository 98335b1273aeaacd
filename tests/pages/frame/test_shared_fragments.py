"""Pages that ask for the same fragment share one, and never one they may not see."""

from __future__ import annotations

import threading
import time

import pytest
from django.test import Client

from tests.clock import Clock
from tracker.models import Project, ProjectMember
from tracker.pages.frame.shared_fragments import (
    SECONDS,
    SharedFragments,
    shared_fragments,
)
from tracker.pages.sessions.detail import FRAGMENTS

HTMX = {"HX-Request": "true"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def person(django_user_model):
    """`person(project)`: a browser of Bob, who may read it and no other."""

    def log_in(project):
        bob = django_user_model.objects.create_user("bob", password="a long password")
        ProjectMember.objects.create(project=project, user=bob, role="viewer")
        client = Client()
        client.force_login(bob)
        return client

    return log_in


def test_a_fragment_is_rendered_once_a_second_and_says_its_age(clock):
    shared = SharedFragments(clock)
    rendered = iter((b"first", b"second"))

    def ask():
        found = shared.get("list", lambda: next(rendered))
        return found.content, round(found.age, 3)

    assert ask() == (b"first", 0)
    clock.now += 0.4
    assert ask() == (b"first", 0.4)
    clock.now += SECONDS - 0.4
    assert ask() == (b"second", 0)


def test_what_takes_long_is_shared_as_long_and_its_age_counts_from_the_reading(
    clock,
):
    shared = SharedFragments(clock)

    def render() -> bytes:
        clock.now += 3
        return b"slow"

    assert shared.get("list", render).age == 0  # it began when it was asked for
    clock.now += SECONDS / 2
    second = shared.get("list", lambda: b"other")
    assert (second.content, second.age) == (b"slow", 3 + SECONDS / 2)


def test_its_age_counts_from_when_its_asker_began_to_read(clock):
    shared = SharedFragments(clock)

    shared.get("list", lambda: b"x", since=clock.now - 0.2)
    clock.now += 0.4

    assert round(shared.get("list", lambda: b"other").age, 3) == 0.6


def test_who_asks_while_it_is_rendered_waits_for_it():
    shared = SharedFragments()
    is_rendering, go_on = threading.Event(), threading.Event()
    answers, rendered = [], []

    def render() -> bytes:
        rendered.append(1)
        is_rendering.set()
        assert go_on.wait(60)
        return b"one for all"

    def ask() -> None:
        answers.append(shared.get("list", render).content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert is_rendering.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert answers == [b"one for all"] * 8
    assert len(rendered) == 1


def test_an_error_is_its_askers_alone(clock):
    shared = SharedFragments(clock)

    with pytest.raises(ZeroDivisionError):
        shared.get("list", lambda: b"%d" % (1 // 0))

    assert shared.get("list", lambda: b"good").content == b"good"


def test_what_nobody_asks_for_any_more_is_forgotten(clock):
    shared = SharedFragments(clock)
    for number in range(100):
        shared.get(number, lambda: b"x")
        clock.now += SECONDS

    assert len(shared._slots) == 1


def test_two_people_of_one_project_share_a_list(member, make_session, project, person):
    make_session("first")
    his = person(project)
    for path in ("/", "/sessions/"):
        hers = member.get(path, headers=HTMX)
        make_session(f"after {path}")
        assert his.get(path, headers=HTMX).content == hers.content
        assert f"after {path}".encode() in his.get(path).content  # the whole page


def test_people_of_other_projects_share_nothing(
    member, make_session, make_event, other_project, person
):
    make_event(make_session("hers"))
    make_session("his", project=other_project)
    his = person(other_project)

    for path in ("/", "/sessions/", "/events/"):
        assert b"hers" in member.get(path, headers=HTMX).content
        assert b"hers" not in his.get(path, headers=HTMX).content


@pytest.mark.parametrize("address", ["", "figure.json"])
def test_the_row_of_a_session_is_read_within_its_fragments_age(
    member, make_session, monkeypatch, address
):
    path = f"/sessions/{make_session('hers').pk}/{address}"
    read = Project.objects.visible_to

    def slowly(user):
        found = list(read(user))
        time.sleep(0.3)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Project.objects, "visible_to", slowly)
        member.get(path, headers=HTMX)

    assert int(member.get(path, headers=HTMX)["X-Fragment-Age"]) >= 300


def test_a_shared_fragment_does_not_depend_on_the_person(
    member, make_session, make_event, make_compression, project, admin_client
):
    """A member's and a superuser's, each rendered for them: other rights, language
    and theme. One more project would make it another fragment.
    """
    session = make_session("hers", used=160_000)
    make_event(session)
    make_compression(session)
    admin_client.cookies["theme"] = "dark"
    admin = HTMX | {"Accept-Language": "de", "HX-Current-URL": "http://testserver/x"}
    shared = [("/", ""), ("/sessions/", ""), ("/events/", "")]
    shared += [(f"/sessions/{session.pk}/", target) for target in FRAGMENTS]

    for path, target in shared:
        hers = member.get(path, headers=HTMX | {"HX-Target": target})
        shared_fragments.clear()
        his = admin_client.get(path, headers=admin | {"HX-Target": target})
        assert (his["X-Fragment-Age"], his.content) == ("0", hers.content)
        shared_fragments.clear()


def test_a_sessions_fragments_are_shared_but_not_with_who_may_not_see_it(
    member, make_session, other_project, person
):
    session = make_session("hers")
    path = f"/sessions/{session.pk}/"
    asks = [(path, HTMX | {"HX-Target": "session-facts"}), (f"{path}figure.json", {})]
    his = person(other_project)

    for address, headers in asks:
        first = member.get(address, headers=headers)
        assert first.status_code == 200
        assert member.get(address, headers=headers).content == first.content
        assert his.get(address, headers=headers).status_code == 404


def test_each_target_and_each_address_is_a_fragment_of_its_own(member, make_session):
    session = make_session("hers")
    path = f"/sessions/{session.pk}/"

    def ask(address: str, target: str) -> str:
        headers = HTMX | {"HX-Target": target}
        return member.get(address, headers=headers).content.decode()

    assert 'id="sample-table"' in ask(path, "sample-table")
    assert 'id="session-facts"' in ask(path, "session-facts")
    assert 'id="session-list"' in ask("/?q=hers", "session-list")
    assert "No active session matches" in ask("/?q=nobody", "session-list")
