"""The page before the first report, and the key one may make there."""

from __future__ import annotations

import re

from tracker.models import ApiKey, ProjectMember
from tracker.models.access.api_keys import hash_key


def make_admin(member) -> None:
    ProjectMember.objects.filter(user=member.user).update(role="admin")


def test_an_administrator_makes_a_key_that_is_shown_once(member):
    make_admin(member)
    assert "Make a key" in member.get("/").content.decode()

    answer = member.post("/keys/first/", {"project": "search"})

    key = re.search(r"Bearer <b>(tb_[\w-]{20,})</b>", answer.content.decode())[1]
    assert ApiKey.objects.get(name__startswith="first report").key_hash == hash_key(key)
    through = re.search(r"--key <b>(tb_[\w-]{20,})</b>", answer.content.decode())[1]
    row = ApiKey.objects.get(key_hash=hash_key(through))
    assert row.scopes == ["gateway"]
    assert "no-store" in answer["Cache-Control"]
    assert key not in member.get("/").content.decode()


def test_a_reviewer_is_offered_no_key_and_gets_none(member):
    assert "Make a key" not in member.get("/").content.decode()

    assert member.post("/keys/first/", {"project": "search"}).status_code == 404
    assert not ApiKey.objects.exists()


def test_the_demo_is_offered_to_those_who_may_load_it(member):
    button = 'action="/demo/start/"'
    assert button not in member.get("/").content.decode()

    make_admin(member)

    assert button in member.get("/").content.decode()


def test_no_key_for_another_project(member, other_project):
    make_admin(member)

    assert member.post("/keys/first/", {"project": "legal"}).status_code == 404
    assert member.get("/keys/first/").status_code == 405
    assert not ApiKey.objects.exists()


def test_no_key_without_login(client, project):
    assert client.post("/keys/first/", {"project": "search"}).status_code == 302
    assert not ApiKey.objects.exists()
