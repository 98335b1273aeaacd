"""Who may open a socket: keys, cookies, origins, projects."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def cookie(application: Any, in_db: Any) -> bytes:
    """The login cookie of an administrator."""

    def log_in() -> bytes:
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = Client()
        client.force_login(get_user_model().objects.create_superuser("boss"))
        return f"sessionid={client.cookies['sessionid'].value}".encode()

    return bytes(await in_db(log_in))


async def outcome(socket: Any) -> Any:
    """`snapshot`, or the code the socket was closed with."""
    message = await socket.next()
    return message.get("code", message["type"])


async def test_a_key_needs_no_origin(open_socket: Any) -> None:
    assert await outcome(await open_socket()) == "snapshot"


async def test_a_key_may_come_from_any_origin(open_socket: Any, key: str) -> None:
    headers = [
        (b"authorization", f"Bearer {key}".encode()),
        (b"origin", b"https://elsewhere.example"),
    ]

    assert await outcome(await open_socket(headers=headers)) == "snapshot"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"origin", b"http://localhost")],
        [(b"authorization", b"Bearer tb_unknown")],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Basic dGI6dGI=")],
        [(b"authorization", b"\xff\xfe")],
        [(b"cookie", b"sessionid=made-up"), (b"origin", b"http://localhost")],
    ],
    ids=str,
)
async def test_without_key_or_login_the_socket_is_closed(
    open_socket: Any, headers: Any
) -> None:
    assert await outcome(await open_socket(headers=headers)) == 4003


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (b"http://localhost", "snapshot"),
        (b"https://localhost", 4003),
        (b"http://localhost:8000", 4003),
        (b"https://elsewhere.example", 4003),
        (b"http://localhost.elsewhere.example", 4003),
        (b"http://localhost@elsewhere.example", 4003),
        (b"null", 4003),
        (b"", 4003),
        (None, 4003),
    ],
)
async def test_a_cookie_counts_from_the_sites_own_origin_alone(
    open_socket: Any, cookie: bytes, origin: bytes | None, expected: Any
) -> None:
    headers = [(b"cookie", cookie)]
    if origin is not None:
        headers.append((b"origin", origin))

    assert await outcome(await open_socket(headers=headers)) == expected


async def test_a_trusted_origin_is_the_sites_own(
    open_socket: Any, cookie: bytes, settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://budget.example"]
    headers = [(b"cookie", cookie), (b"origin", b"https://budget.example")]

    assert await outcome(await open_socket(headers=headers)) == "snapshot"


async def test_a_host_that_is_not_ours_is_not_ours_twice(
    application: Any, cookie: bytes
) -> None:
    """Origin and Host agree, but a rebound DNS name made both."""
    from channels.testing import WebsocketCommunicator

    headers = [
        (b"host", b"evil.example"),
        (b"origin", b"http://evil.example"),
        (b"cookie", cookie),
    ]
    communicator = WebsocketCommunicator(application, "/ws/overview/", headers)
    await communicator.connect()

    assert (await communicator.receive_output())["code"] == 4003


async def test_a_key_that_may_only_report_reads_nothing(
    open_socket: Any, in_db: Any, project: Any
) -> None:
    from tracker.changes.access.api_keys import create_api_key

    narrow = await in_db(
        lambda: create_api_key(project=project, name="n", scopes=["ingest"])[1]
    )

    assert await outcome(await open_socket(bearer=narrow)) == 4003


async def test_a_revoked_key_opens_no_socket(
    open_socket: Any, in_db: Any, key: str
) -> None:
    from tracker.changes.access.api_keys import revoke_api_key
    from tracker.models import ApiKey

    await in_db(lambda: revoke_api_key(ApiKey.objects.get()))

    assert await outcome(await open_socket()) == 4003


async def test_somebody_elses_session_is_like_a_missing_one(
    api: Any, open_socket: Any, in_db: Any, stranger_key: str
) -> None:
    from tracker.models import LLMSession

    await api.post("/usage", {"session": "s", "tokens": {"history": 163_000}})
    pk = (await in_db(LLMSession.objects.get)).pk

    mine = await open_socket(f"/ws/sessions/{pk}/")
    theirs = await open_socket(f"/ws/sessions/{pk}/", bearer=stranger_key)
    missing = await open_socket("/ws/sessions/999999/", bearer=stranger_key)

    assert await outcome(mine) == "snapshot"
    assert await outcome(theirs) == await outcome(missing) == 4004


async def test_a_stranger_hears_nothing_of_this_project(
    api: Any, open_socket: Any, stranger_key: str
) -> None:
    theirs = await open_socket("/ws/overview/?after=default:0", bearer=stranger_key)
    mine = await open_socket()

    snapshot = await theirs.next()
    await api.post("/usage", {"session": "s", "tokens": {"history": 163_000}})
    await mine.first("event")

    assert snapshot["budgets"] == []
    assert snapshot["seqs"] == {"other": 0}
    assert await theirs.is_silent()
    assert len(theirs.seen) == 1


async def test_a_login_sees_the_project_asked_for_alone(
    api: Any, open_socket: Any, cookie: bytes, stranger_key: str
) -> None:
    headers = [(b"cookie", cookie), (b"origin", b"http://localhost")]
    body = {"session": "theirs", "tokens": {"history": 1}}
    await api.post("/usage", body, key=stranger_key)

    whole = await (await open_socket(headers=headers)).next()
    one = await (
        await open_socket("/ws/overview/?project=default", headers=headers)
    ).next()
    none = await (
        await open_socket("/ws/overview/?project=nobody", headers=headers)
    ).next()

    assert whole["seqs"] == {"default": 0, "other": 0}
    assert [b["session"] for b in whole["budgets"]] == ["theirs"]
    assert (one["seqs"], one["budgets"]) == ({"default": 0}, [])
    assert none["seqs"] == {}


async def test_a_member_sees_the_own_projects_alone(
    api: Any, application: Any, open_socket: Any, in_db: Any, stranger_key: str
) -> None:
    def log_in() -> bytes:
        from django.contrib.auth import get_user_model
        from django.test import Client

        from tracker.models import Project, ProjectMember

        user = get_user_model().objects.create_user("member")
        other = Project.objects.get(slug="other")
        ProjectMember.objects.create(project=other, user=user)
        client = Client()
        client.force_login(user)
        return f"sessionid={client.cookies['sessionid'].value}".encode()

    headers = [(b"cookie", await in_db(log_in)), (b"origin", b"http://localhost")]
    await api.post("/usage", {"session": "s", "tokens": {"history": 1}})

    snapshot = await (await open_socket(headers=headers)).next()

    assert snapshot["seqs"] == {"other": 0}
    assert snapshot["budgets"] == []


async def test_a_page_counts_while_it_is_open_and_a_program_does_not(
    open_socket: Any, cookie: bytes, in_db: Any
) -> None:
    from django.contrib.auth import get_user_model

    from tracker.live.hub import hub

    boss = (await in_db(get_user_model().objects.get)).pk
    await (await open_socket()).next()
    headers = [(b"cookie", cookie), (b"origin", b"http://localhost")]
    page = await open_socket(headers=headers)
    await page.next()
    assert (hub.size, hub.pages.seen_by(boss)) == (2, 1)

    await page.close()
    assert (hub.size, hub.pages.seen_by(boss)) == (1, 0)


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "is_own"),
    [
        ("wss", "localhost", "https://localhost", True),
        ("wss", "localhost:443", "https://localhost", True),
        ("ws", "localhost", "http://localhost:80", True),
        ("ws", "[::1]:8000", "http://[::1]:8000", True),
        ("wss", "localhost", "http://localhost", False),
        ("ws", "localhost", "https://localhost", False),
        ("ws", "localhost:8000", "http://localhost:8001", False),
        ("ws", "[::1]", "http://[::1]:8000", False),
        ("ws", "evil.example", "http://evil.example", False),
    ],
)
def test_scheme_and_port_belong_to_the_origin(
    scheme: str, host: str, origin: str, is_own: bool
) -> None:
    from tracker.live.allowed.access import is_own_origin

    headers = [(b"host", host.encode()), (b"origin", origin.encode())]

    assert is_own_origin({"scheme": scheme, "headers": headers}) is is_own
