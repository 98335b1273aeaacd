"""Logging in, by password or by a one-time link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tracker.changes.login_links import create_login_link
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


def test_a_link_logs_in_once(client, user):
    token = create_login_link(user)

    assert client.get(f"/login/link/{token}/")["Location"] == "/"
    assert client.get("/").status_code == 200
    second = client.get(f"/login/link/{token}/")
    assert second.status_code == 410
    assert "was already used" in second.content.decode()


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
