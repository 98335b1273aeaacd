"""Logging in, by password or by a one-time link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tracker.changes.access.login_links import create_login_link
from tracker.models import LoginLink


@pytest.fixture
def user(django_user_model, db):
    return django_user_model.objects.create_user("bob", password="a long password")


def test_name_and_password_lead_to_the_overview(client, user):
    body = {"username": "bob", "password": "a long password"}

    answer = client.post("/login/", body)

    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_says_what_may_be_wrong(client, user):
    answer = client.post("/login/", {"username": "bob", "password": "x"})

    assert "Wrong name or password" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_login_leads_nowhere_outside(client, user):
    body = {"username": "bob", "password": "a long password"}

    answer = client.post("/login/?next=https://evil.example/", body)

    assert answer["Location"] == "/"


def test_a_link_asks_and_then_logs_in_once(client, user):
    path = f"/login/link/{create_login_link(user)}/"

    asked = client.get(path)
    assert asked.status_code == 200
    assert "Log in as <bdi>bob</bdi>?" in asked.content.decode()
    assert client.get("/").status_code == 302
    assert client.post(path)["Location"] == "/"
    assert client.get("/").status_code == 200
    for second in (client.get(path), client.post(path)):
        assert second.status_code == 410
        assert "was already used" in second.content.decode()


def test_a_preview_of_the_link_spends_nothing(client, user):
    path = f"/login/link/{create_login_link(user)}/"

    for _ in range(3):
        assert client.head(path).status_code == client.get(path).status_code == 200

    assert LoginLink.objects.get().used_at is None
    assert client.post(path).status_code == 302


def test_nobody_is_logged_in_by_a_form_of_another_site(user):
    strict = Client(enforce_csrf_checks=True)
    path = f"/login/link/{create_login_link(user)}/"

    assert strict.post(path).status_code == 403
    assert strict.get("/").status_code == 302
    assert LoginLink.objects.get().used_at is None
    token = re.findall(
        r'name="csrfmiddlewaretoken" value="(\w+)"', strict.get(path).content.decode()
    )[0]
    elsewhere = strict.post(
        path, {"csrfmiddlewaretoken": token}, headers={"Origin": "https://evil.example"}
    )
    assert elsewhere.status_code == 403
    assert strict.post(path, {"csrfmiddlewaretoken": token}).status_code == 302


def test_who_is_logged_in_already_reads_whose_login_ends(
    client, user, django_user_model
):
    client.force_login(django_user_model.objects.create_user("ann"))

    asked = client.get(f"/login/link/{create_login_link(user)}/").content.decode()

    assert "You are logged in as <bdi>ann</bdi>" in asked
    assert "Log in as <bdi>bob</bdi>" in asked


def test_the_link_of_somebody_who_was_disabled_opens_nothing(client, user):
    path = f"/login/link/{create_login_link(user)}/"
    user.is_active = False
    user.save()

    assert client.get(path).status_code == client.post(path).status_code == 410
    assert client.get("/").status_code == 302


def test_an_old_link_says_how_to_get_another(client, user):
    token = create_login_link(user)
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = client.get(f"/login/link/{token}/")

    assert answer.status_code == 410
    assert "has expired" in answer.content.decode()
    assert "manage.py login_link" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_an_unknown_link_logs_nobody_in(client, db):
    answer = client.get("/login/link/nonsense/")

    assert answer.status_code == 410
    assert "Unknown link" in answer.content.decode()


def test_logging_out_needs_a_post_and_ends_the_login(client, user):
    client.force_login(user)

    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/").status_code == 302
