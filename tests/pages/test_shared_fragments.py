"""Pages that ask for the same fragment share one, and never one they may not see."""

from __future__ import annotations

import threading

import pytest
from django.test import Client

from tests.bench import bench_browsers, open_pages
from tracker.models import ProjectMember
from tracker.pages import fragment_pause
from tracker.pages.fragment_pause import pause_ms
from tracker.pages.shared_fragments import SECONDS, SharedFragments

HTMX = {"HX-Request": "true"}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


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


def test_who_asks_while_it_is_rendered_waits_for_it():
    shared = SharedFragments()
    is_rendering, go_on = threading.Event(), threading.Event()
    answers, rendered = [], []

    def render() -> bytes:
        rendered.append(1)
        is_rendering.set()
        assert go_on.wait(5)
        return b"one for all"

    def ask() -> None:
        answers.append(shared.get("list", render).content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert is_rendering.wait(5)
    go_on.set()
    for thread in threads:
        thread.join(5)

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
    member, make_session, other_project, person
):
    make_session("hers")
    make_session("his", project=other_project)
    his = person(other_project)

    for path in ("/", "/sessions/", "/events/"):
        member.get(path, headers=HTMX)
        assert b"hers" not in his.get(path, headers=HTMX).content


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
    assert "No session matches" in ask("/?q=nobody", "session-list")


@pytest.mark.parametrize(
    ("open_pages", "asks", "milliseconds"),
    [(0, 1, 2_000), (40, 1, 2_000), (41, 1, 2_050), (200, 1, 10_000), (200, 4, 40_000)],
)
def test_the_pause_grows_with_the_open_pages(open_pages, asks, milliseconds):
    assert pause_ms(asks, open_pages) == milliseconds


@pytest.mark.parametrize("lists", [1, 50, 200, 1_000])
@pytest.mark.parametrize("sessions", [0, 50, 1_000])
def test_all_pages_together_ask_a_bounded_number_of_times(lists, sessions):
    pages = lists + sessions
    rate = lists / pause_ms(1, pages) + 4 * sessions / pause_ms(4, pages)

    unbounded = (lists + 4 * sessions) / fragment_pause.SHORTEST_MS
    most = min(unbounded, fragment_pause.ASKS_PER_SECOND / 1_000)
    assert rate <= most * 1.001


def test_pages_and_fragments_say_the_pause(member, make_session, monkeypatch):
    session = make_session("a")
    monkeypatch.setattr(fragment_pause.hub, "_subscribers", set(range(200)))

    assert 'data-fragment-pause="10000"' in member.get("/").content.decode()
    assert member.get("/", headers=HTMX)["X-Fragment-Pause"] == "10000"
    assert member.get("/", headers=HTMX)["X-Fragment-Age"].isdigit()
    for address in ("", "figure.json"):
        answer = member.get(f"/sessions/{session.pk}/{address}")
        assert answer["X-Fragment-Pause"] == "40000"


def test_the_bench_knows_the_same_bound_and_pause():
    assert bench_browsers.ASKS_PER_SECOND == fragment_pause.ASKS_PER_SECOND
    assert open_pages.SHORTEST * 1_000 == fragment_pause.SHORTEST_MS
