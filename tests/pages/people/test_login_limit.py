"""Guessing passwords: five tries for one name, then a quarter of an hour."""

from __future__ import annotations

from typing import Any

import pytest

GOOD = {"username": "bob", "password": "a long password"}
BAD = GOOD | {"password": "x"}


@pytest.fixture(autouse=True)
def empty_cache() -> Any:
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def bob(django_user_model: Any, db: None) -> Any:
    return django_user_model.objects.create_user("bob", password="a long password")


def test_after_five_failures_even_the_right_password_waits(
    client: Any, bob: Any
) -> None:
    for _ in range(5):
        assert client.post("/login/", BAD).status_code == 200

    answer = client.post("/login/", GOOD)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 901
    assert "Try again in 15 minutes" in answer.content.decode()
    assert client.get("/").status_code == 302
    assert client.post("/login/", BAD | {"username": "BOB"}).status_code == 429


def test_another_address_and_another_name_may_still_try(client: Any, bob: Any) -> None:
    for _ in range(5):
        client.post("/login/", BAD)

    assert client.post("/login/", BAD | {"username": "ann"}).status_code == 200
    assert client.post("/login/", GOOD, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_one_address_may_not_try_many_names(client: Any, db: None) -> None:
    for number in range(30):
        client.post("/login/", {"username": f"user{number}", "password": "x"})

    assert client.post("/login/", BAD).status_code == 429


def test_logging_in_forgets_the_failures(client: Any, bob: Any) -> None:
    for _ in range(4):
        client.post("/login/", BAD)
    client.post("/login/", GOOD)
    client.post("/logout/")

    for _ in range(4):
        assert client.post("/login/", BAD).status_code == 200
    assert client.post("/login/", GOOD).status_code == 302


def test_the_wait_ends(client: Any, bob: Any, monkeypatch: Any) -> None:
    import time

    for _ in range(5):
        client.post("/login/", BAD)
    later = time.time() + 901
    monkeypatch.setattr(time, "time", lambda: later)

    assert client.post("/login/", GOOD).status_code == 302


def test_the_admins_login_is_the_same_door(client: Any, bob: Any) -> None:
    for _ in range(5):
        client.post("/admin/login/", BAD)

    assert client.post("/admin/login/", GOOD).status_code == 429


def test_who_is_no_administrator_is_told_so_instead_of_sent_in_circles(
    client: Any, bob: Any
) -> None:
    client.force_login(bob)

    assert client.get("/admin/", follow=True).status_code == 403


def test_failures_of_many_others_do_not_drop_the_count_of_a_name(rf: Any) -> None:
    from tracker.pages.people.login_limit import BY_NAME, note_failure, seconds_to_wait

    def tries(name: str, address: str) -> Any:
        return rf.post("/login/", {"username": name}, REMOTE_ADDR=address)

    for number in range(BY_NAME):
        note_failure(tries("bob", f"192.0.2.{number}"))
    for number in range(BY_NAME):
        note_failure(tries(f"other-{number}", f"198.51.100.{number}"))

    assert seconds_to_wait(tries("bob", "203.0.113.7"))
