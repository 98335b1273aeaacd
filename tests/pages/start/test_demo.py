from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tracker.models import Project, ProjectMember
from tracker.pages.start import demo


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the button would play: the command itself has its own test."""
    calls: list[dict[str, Any]] = []

    def command(name: str, **options: Any) -> None:
        calls.append({"name": name, **options})
        options["stdout"].write("begun")

    monkeypatch.setattr(demo, "call_command", command)
    return calls


def client_of(users: Any, project: Project, role: str) -> Client:
    user = users.objects.create_user(role)
    ProjectMember.objects.create(project=project, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_an_administrator_starts_it_at_this_servers_own_address(
    store: None, played: list[dict[str, Any]], django_user_model: Any
):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("boss"))

    response = client.post(
        "/demo/start/", SERVER_NAME="0.0.0.0", SERVER_PORT="8123", HTTP_HOST="localhost"
    )

    assert response["Location"] == "/?project=demo"
    [call] = played
    assert (call["name"], call["address"]) == ("demo", "http://127.0.0.1:8123")
    assert (call["host"], call["member"]) == ("localhost", None)


def test_a_projects_administrator_may_look_at_it_afterwards(
    project: Project, played: list[dict[str, Any]], django_user_model: Any
):
    client_of(django_user_model, project, "admin").post("/demo/start/")

    assert played[0]["member"] == "admin"


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_others_may_not(
    project: Project, played: list[dict[str, Any]], django_user_model: Any, role: str
):
    response = client_of(django_user_model, project, role).post("/demo/start/")

    assert response.status_code == 403
    assert played == []


def test_it_is_started_by_a_form_and_after_logging_in(
    store: None, played: list[dict[str, Any]], django_user_model: Any
):
    client = Client()
    assert "/login/" in client.post("/demo/start/")["Location"]
    client.force_login(django_user_model.objects.create_superuser("boss"))

    assert client.get("/demo/start/").status_code == 405
    assert played == []


def test_an_ipv6_address_is_put_in_brackets(rf: Any):
    request = rf.post("/", SERVER_NAME="::", SERVER_PORT="8000")

    assert demo.own_address(request) == "http://[::1]:8000"
