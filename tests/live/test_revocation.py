"""Open sockets are closed when what they were opened with is good no more."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def member(application: Any, in_db: Any, stranger_key: str) -> Any:
    """`await member("default", "other")`: headers of a login with these projects."""

    async def log_in(*slugs: str) -> list[tuple[bytes, bytes]]:
        def make() -> str:
            from django.contrib.auth import get_user_model
            from django.test import Client

            from tracker.models import Project, ProjectMember

            user = get_user_model().objects.create_user("member", password="x")
            for slug in slugs:
                project = Project.objects.get(slug=slug)
                ProjectMember.objects.create(project=project, user=user)
            client = Client()
            client.force_login(user)
            return client.cookies["sessionid"].value

        cookie = f"sessionid={await in_db(make)}".encode()
        return [(b"cookie", cookie), (b"origin", b"http://localhost")]

    return log_in


async def closed_with(socket: Any) -> int:
    """The code, within a few seconds."""
    started = time.monotonic()
    while (message := await socket.next())["type"] != "close":
        pass
    assert time.monotonic() - started < 30
    return int(message["code"])


def leave(slug: str) -> None:
    from tracker.models import ProjectMember

    assert ProjectMember.objects.filter(project__slug=slug).delete()[0] == 1


async def test_a_revoked_key_closes_its_sockets_and_no_others(
    open_socket: Any, in_db: Any, key: str, stranger_key: str
) -> None:
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey

    mine, theirs = await open_socket(), await open_socket(bearer=stranger_key)
    await mine.next()
    await theirs.next()

    await in_db(lambda: revoke_api_key(ApiKey.objects.get(name="test")))

    assert await closed_with(mine) == 4003
    assert await theirs.is_silent()
    assert [m["type"] for m in theirs.seen] == ["snapshot"]


async def test_an_expired_key_closes_its_sockets(open_socket: Any, in_db: Any) -> None:
    from django.utils import timezone

    from tracker.models import ApiKey

    socket = await open_socket()
    past = timezone.now() - timedelta(seconds=1)
    await in_db(lambda: ApiKey.objects.update(expires_at=past))

    assert await closed_with(socket) == 4003


async def test_a_key_that_may_read_no_more_closes_its_sockets(
    open_socket: Any, in_db: Any
) -> None:
    from tracker.models import ApiKey

    socket = await open_socket()
    await in_db(lambda: ApiKey.objects.update(scopes=["ingest"]))

    assert await closed_with(socket) == 4003


async def test_who_leaves_a_project_hears_no_more_of_it(
    api: Any, open_socket: Any, in_db: Any, member: Any
) -> None:
    from tracker.models import LLMSession

    await api.post("/usage", {"session": "s", "tokens": {"history": 1}})
    pk = (await in_db(LLMSession.objects.get)).pk
    headers = await member("default")
    overview = await open_socket(headers=headers)
    session = await open_socket(f"/ws/sessions/{pk}/", headers=headers)

    await in_db(lambda: leave("default"))

    assert await closed_with(overview) == await closed_with(session) == 4003
    again = await open_socket(headers=headers)
    assert (await again.next())["seqs"] == {}


async def test_who_keeps_another_project_comes_back_to_that_one(
    open_socket: Any, in_db: Any, member: Any
) -> None:
    headers = await member("default", "other")
    socket = await open_socket(headers=headers)
    assert (await socket.next())["seqs"].keys() == {"default", "other"}

    await in_db(lambda: leave("default"))

    assert await closed_with(socket) == 1012
    again = await open_socket(headers=headers)
    assert (await again.next())["seqs"].keys() == {"other"}


@pytest.mark.parametrize("what", ["logout", "password", "inactive"])
async def test_a_login_that_has_ended_closes_its_sockets(
    open_socket: Any, in_db: Any, member: Any, what: str
) -> None:
    def end() -> None:
        from django.contrib.auth import get_user_model
        from django.contrib.sessions.models import Session

        user = get_user_model().objects.get(username="member")
        if what == "logout":
            Session.objects.all().delete()
        elif what == "password":
            user.set_password("another")
        else:
            user.is_active = False
        user.save()

    socket = await open_socket(headers=await member("default"))
    await socket.next()
    await in_db(end)

    assert await closed_with(socket) == 4003


async def test_sockets_that_are_still_allowed_stay_open(
    api: Any, open_socket: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.live import hub

    monkeypatch.setattr(hub, "ALLOWED_EVERY", 0.05)
    sockets = [
        await open_socket(),
        await open_socket(headers=await member("default")),
    ]
    for socket in sockets:
        await socket.next()
        assert await socket.is_silent()
    for _ in range(3):
        await api.post("/usage", {"session": "s", "tokens": {"history": 163_000}})

    for socket in sockets:
        await socket.first("event")
