"""Who gets what, address by address: a URL or socket without an entry here fails.

Every address is asked by everybody: nobody, an administrator of another project, this
project's viewer, reviewer and administrator, a superuser; by a good key, one of the
wrong scope, a revoked one, and another project's. Another project's things answer
like missing ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.isolation_world import ACTORS, KEYS, MARK, World, make_rows, make_world


def rule(people: str, keys: str, *, mark: str = "") -> dict[str, tuple[set[int], bool]]:
    """Statuses of the ten, in the order of ACTORS; `201/200` allows either. `mark`:
    who may read the project's texts (what everybody else gets must not hold them).
    """
    statuses = people.split() + keys.split()
    assert len(statuses) == len(ACTORS)
    return {
        actor: ({int(s) for s in status.split("/")}, actor in mark.split())
        for actor, status in zip(ACTORS, statuses, strict=True)
    }


MEMBERS = "viewer reviewer admin superuser"
EVERYBODY = rule("200 200 200 200 200 200", "200 200 200 200", mark=MEMBERS)
# A key opens no page, a login no API.
LIST = rule("302 200 200 200 200 200", "302 302 302 302", mark=MEMBERS)
# Without a login there is no token of a form either.
ROW_POST = rule("403 404 200 200 200 200", "403 403 403 403", mark=MEMBERS)
ROW = rule("302 404 200 200 200 200", "302 302 302 302", mark=MEMBERS)
REVIEW = rule("403 404 403 302 302 302", "403 403 403 403", mark=MEMBERS)
BY_ADMIN = rule("403 404 403 403 302 302", "403 403 403 403", mark=MEMBERS)
ASK_ADMIN = rule("302 404 403 403 200 200", "302 302 302 302", mark=MEMBERS)
ADMIN_SITE = rule("302 302 302 302 302 200", "302 302 302 302", mark="superuser")
ADMIN_NOT_ALLOWED = rule("302 302 302 302 302 403", "302 302 302 302", mark="superuser")
API_LIST = rule("401 401 401 401 401 401", "200 403 401 200", mark="key wrong_scope")
API_ROW = rule("401 401 401 401 401 401", "200 403 401 404", mark="key wrong_scope")
# Another project's key writes into its own project, under the same name.
API_WRITE = rule(
    "401 401 401 401 401 401", "201/200 403 401 201/200", mark="key other_key"
)
API_POST_ROW = rule("401 401 401 401 401 401", "200 403 401 404", mark="key")
NO_SUCH = rule("401 401 401 401 401 401", "404 403 401 404")
LOCAL_METRICS = rule(
    "200 200 200 200 200 200", "200 403 401 200", mark=" ".join(ACTORS)
)


@dataclass(frozen=True)
class Call:
    """`is_destructive`: the rows are made anew for each actor."""

    path: str
    rule: dict[str, tuple[set[int], bool]]
    method: str = "GET"
    body: Any = None
    form: Any = None
    needs: str = "read"
    is_destructive: bool = False


REPORT = {"session": "mine", "tokens": {"history": 5}}
NUMBERS = {"before_tokens": 9, "after_tokens": 5}
OTLP = rule("401 401 401 401 401 401", "200 403 401 200")

PAGES = {
    "": [Call("/", LIST), Call("/?project=search", LIST)],
    "favicon.svg": [Call("/favicon.svg", EVERYBODY)],
    "login/": [Call("/login/", rule("200 302 302 302 302 302", "200 200 200 200"))],
    "login/link/<str:token>/": [
        Call("/login/link/nonsense/", rule("410 " * 6, "410 " * 4, mark=MEMBERS))
    ],
    "logout/": [
        Call("/logout/", rule("405 " * 6, "405 " * 4)),
    ],
    "keys/first/": [
        Call(
            "/keys/first/",
            rule("403 404 404 404 200 200", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"project": "search"},
        )
    ],
    "sessions/": [
        Call("/sessions/", LIST),
        Call("/sessions/?q=hush&project=search", LIST),
    ],
    "sessions/<int:pk>/": [Call("/sessions/{session}/", ROW)],
    "sessions/<int:pk>/figure.json": [Call("/sessions/{session}/figure.json", ROW)],
    "sessions/<int:pk>/samples.csv": [Call("/sessions/{session}/samples.csv", ROW)],
    "sessions/<int:pk>/delete/": [
        Call("/sessions/{session}/delete/", ASK_ADMIN),
        Call(
            "/sessions/{session}/delete/",
            BY_ADMIN,
            method="POST",
            form={"confirm": "yes"},
            is_destructive=True,
        ),
    ],
    "projects/<slug:slug>/delete/": [
        Call("/projects/search/delete/", ASK_ADMIN),
        Call(
            "/projects/search/delete/",
            # Not confirmed: deleting would take the actors' own keys away.
            rule("403 404 403 403 422 422", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"confirm": "no"},
        ),
    ],
    "events/": [Call("/events/", LIST)],
    "fleet/": [
        Call("/fleet/", LIST),
        Call("/fleet/?period=all&project=search", LIST),
    ],
    "fleet/figure.json": [Call("/fleet/figure.json", LIST)],
    "fleet/fleet.csv": [Call("/fleet/fleet.csv?period=all", LIST)],
    "integrations/": [Call("/integrations/", LIST)],
    "compressions/": [Call("/compressions/?review=all", LIST)],
    "compressions/<int:pk>/": [
        Call("/compressions/{compression}/", ROW),
        Call("/compressions/{compression}/?from=0&to=9", ROW),
    ],
    "compressions/<int:pk>/messages/": [
        Call("/compressions/{compression}/messages/?from=1&to=1", ROW)
    ],
    "compressions/<int:pk>/dry-run/": [
        Call(
            "/compressions/{compression}/dry-run/",
            rule("403 404 403 200 200 200", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={},
        )
    ],
    "compressions/review/": [
        Call(
            "/compressions/review/",
            # A stranger judges what is theirs: nothing of what they name here.
            rule("403 302 403 302 302 302", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"ids": "{compression}", "verdict": "accepted"},
            is_destructive=True,
        )
    ],
    "compressions/retention/": [Call("/compressions/retention/", LIST)],
    "compressions/retention/figure.json": [
        Call("/compressions/retention/figure.json", LIST)
    ],
    "demo/start/": [
        Call(
            "/demo/start/",
            rule("403 302 403 403 302 302", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={},
        )
    ],
    "compressions/<int:pk>/review/": [
        Call(
            "/compressions/{compression}/review/",
            REVIEW,
            method="POST",
            form={"verdict": "accepted", "note": "x"},
            is_destructive=True,
        )
    ],
    "policies/": [Call("/policies/", LIST)],
    "policies/<int:pk>/": [
        Call("/policies/{policy}/", ROW),
        Call(
            "/policies/{policy}/",
            BY_ADMIN,
            method="POST",
            form={"message_limit": "9"},
            is_destructive=True,
        ),
    ],
    "policies/<int:pk>/try/": [
        Call(
            "/policies/{policy}/try/",
            ROW_POST,
            method="POST",
            form={"message_limit": "9"},
        )
    ],
    "policies/<int:pk>/trials/<str:trial_id>/": [
        Call(
            "/policies/{policy}/trials/none/",
            rule("302 404 204 204 204 204", "302 302 302 302", mark=MEMBERS),
        )
    ],
}

API = {
    "healthz": [Call("/healthz", EVERYBODY)],
    "readyz": [Call("/readyz", EVERYBODY)],
    "metrics": [Call("/metrics", LOCAL_METRICS)],
    "api/v1/openapi.json": [Call("/api/v1/openapi.json", EVERYBODY)],
    "api/v1/docs": [Call("/api/v1/docs", EVERYBODY)],
    "api/v1/sessions": [
        Call("/api/v1/sessions", API_LIST),
        Call("/api/v1/sessions?q=hush", API_LIST),
    ],
    "api/v1/sessions/<text:rest>": [
        Call("/api/v1/sessions/{session_key}", API_ROW),
        Call("/api/v1/sessions/{session_key}/usage", API_ROW),
        Call("/api/v1/sessions/{session_key}/events", API_ROW),
        Call("/api/v1/sessions/{session_key}/compressions", API_ROW),
        Call(
            "/api/v1/sessions/{session_key}/compressions",
            API_WRITE,
            method="POST",
            body=NUMBERS,
            needs="ingest",
        ),
        Call(
            "/api/v1/sessions/{session_key}/optimize",
            API_WRITE,
            method="POST",
            body={"messages": [{"role": "user", "content": "x"}]},
            needs="optimize",
        ),
    ],
    "api/v1/events": [
        Call("/api/v1/events", API_LIST),
        Call("/api/v1/events?after=0", API_LIST),
    ],
    "api/v1/compressions": [
        Call("/api/v1/compressions", API_LIST),
        Call("/api/v1/compressions?session={session_key}", API_LIST),
    ],
    "api/v1/compressions/<int:pk>": [
        Call("/api/v1/compressions/{compression}", API_ROW)
    ],
    "api/v1/compressions/<int:pk>/review": [
        Call(
            "/api/v1/compressions/{compression}/review",
            API_POST_ROW,
            method="POST",
            body={"review": "accepted"},
            needs="optimize",
        )
    ],
    "api/v1/export/<str:what>.<str:kind>": [
        Call(f"/api/v1/export/{what}.{kind}", API_LIST)
        for what in ("sessions", "usage", "events", "compressions")
        for kind in ("csv", "ndjson")
    ],
    "api/v1/<text:rest>": [Call("/api/v1/nothing", NO_SUCH)],
}

AHEAD_OF_DJANGO = {
    "/api/v1/usage": [
        Call("/api/v1/usage", API_WRITE, method="POST", body=REPORT, needs="ingest"),
        Call(
            "/api/v1/usage",
            # The answer to a session of the same name speaks of one's own alone.
            API_WRITE,
            method="POST",
            body={"session": f"{MARK}-1", "tokens": {"history": 5}},
            needs="ingest",
        ),
    ],
    "/api/v1/sources/litellm": [
        Call(
            "/api/v1/sources/litellm",
            OTLP,
            method="POST",
            body={},
            needs="ingest",
        )
    ],
} | {
    f"{prefix}/v1/{signal}": [
        Call(f"{prefix}/v1/{signal}", OTLP, method="POST", body={}, needs="ingest")
    ]
    for prefix in ("", "/api/public/otel")
    for signal in ("traces", "logs", "metrics")
}

FACTS = ("auditentry", "compression", "thresholdevent", "usagesample", "llmsession")
SEEN = {"llmsession": "session", "compression": "compression"}


def admin_entries(route: str) -> list[Call] | None:
    """The admin is the administrators': whatever is asked, others are sent away."""
    if route == "admin/login/":
        sent = rule("200 403 403 403 403 302", "200 200 200 200", mark="superuser")
        return [Call("/admin/login/", sent)]
    if route == "admin/logout/":
        return [Call("/admin/logout/", rule("302 " * 5 + "405", "302 " * 4))]
    if not route.startswith("admin/"):
        return None
    path = "/" + re.sub(r"<[^>]*>", "1", route)
    path = re.sub(r"\^.*\$$|\(\?P<url>.*$", "tracker/", path)
    # What a superuser finds there is the admin's own tests' affair.
    found = {actor: ({302}, False) for actor in ACTORS}
    found["superuser"] = ({200, 302, 403, 404}, True)
    return [Call(path, found)]


def routes() -> Iterator[str]:
    from django.urls import get_resolver

    def walk(patterns: Any, prefix: str = "") -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return walk(get_resolver().url_patterns)


def test_every_address_has_its_entry() -> None:
    from tracker.api import intake, source_intake
    from tracker.live.routing import websocket_urlpatterns

    known = PAGES.keys() | API.keys()
    missing = [r for r in routes() if r not in known and admin_entries(r) is None]
    assert missing == [], "say in tests/test_isolation.py who may read these"
    assert known - set(routes()) == set(), "these addresses are gone"
    assert {intake.PATH, *source_intake.PATHS} == AHEAD_OF_DJANGO.keys()
    assert {str(p.pattern) for p in websocket_urlpatterns} == SOCKETS.keys()


@pytest.fixture(autouse=True)
def demo_that_does_not_play(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.pages import demo

    monkeypatch.setattr(demo, "_play", lambda *given: given[-1].write("begun"))


@pytest.fixture
def world(store: None) -> World:
    return make_world(("optimize",))


async def ask(world: World, actor: str, call: Call, **headers: str) -> httpx.Response:
    from budget_site.asgi import application

    sent = world.headers[actor] | headers
    options: dict[str, Any] = {}
    if call.body is not None:
        options["content"] = json.dumps(call.body)
        sent = sent | {"Content-Type": "application/json"}
    if call.form is not None:
        options["data"] = {k: world.path(v) for k, v in call.form.items()}
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as c:
        path = world.path(call.path)
        return await c.request(call.method, path, headers=sent, **options)


async def check(world: World, call: Call, in_db: Any) -> list[str]:
    """What is not as expected, in words."""
    wrong = []
    for actor in ACTORS:
        if call.is_destructive:
            await in_db(lambda: make_rows(world))
        statuses, may_read = call.rule[actor]
        answer = await ask(world, actor, call)
        where = f"{call.method} {world.path(call.path)} by {actor}"
        if answer.status_code not in statuses:
            wrong.append(f"{where}: {answer.status_code}, not {statuses}")
        # An own session of the same name, or what was asked for, is no leak.
        body = answer.text.replace(call.path.format(**world.ids), "")
        if not may_read and MARK in _unnamed(body, world):
            wrong.append(f"{where} shows what is not theirs")
    return wrong


def _unnamed(body: str, world: World) -> str:
    """Without the echo of a name that was asked for."""
    return re.sub(rf"{MARK}-\d+", "", body)


@pytest.mark.parametrize("route", PAGES)
async def test_pages(world: World, in_db: Any, route: str) -> None:
    wrong = [line for call in PAGES[route] for line in await check(world, call, in_db)]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "route", [*API, *AHEAD_OF_DJANGO], ids=lambda route: route.strip("/")
)
async def test_the_api(store: None, in_db: Any, route: str) -> None:
    wrong = []
    for call in (API | AHEAD_OF_DJANGO)[route]:
        others = tuple({"ingest", "read", "optimize"} - {call.needs})
        world = await in_db(lambda others=others: _anew(others))
        wrong += await check(world, call, in_db)

    assert not wrong, "\n".join(wrong)


def _anew(scopes: tuple[str, ...]) -> World:
    """A world of its own for each call: the wrong scope is another one each time."""
    from django.contrib.auth import get_user_model

    from tracker.models import Project

    Project.objects.all().delete()
    get_user_model().objects.all().delete()
    return make_world(scopes)


async def test_the_admin(world: World, in_db: Any) -> None:
    calls = [call for route in routes() for call in admin_entries(route) or ()]
    assert len(calls) > 50

    wrong = [line for call in calls for line in await check(world, call, in_db)]

    assert not wrong, "\n".join(wrong)


async def test_staff_alone_opens_no_admin(world: World, in_db: Any) -> None:
    """Whom somebody ticked `staff` without making them a superuser, POSTs included."""

    def hire() -> None:
        from django.contrib.auth import get_user_model

        get_user_model().objects.filter(username="admin").update(is_staff=True)

    await in_db(hire)
    wrong = []
    for method in ("GET", "POST"):
        for route in routes():
            for call in admin_entries(route) or ():
                if "log" in route.split("/")[1]:  # login and logout are everybody's
                    continue
                form = {"name": "x"} if method == "POST" else None
                asked = Call(call.path, call.rule, method=method, form=form)
                answer = await ask(world, "admin", asked)
                if answer.status_code not in (302, 403) or MARK in answer.text:
                    wrong.append(f"{method} {call.path}: {answer.status_code}")

    assert wrong == []


async def test_no_method_that_is_not_meant_for_it_changes_or_shows_anything(
    world: World, in_db: Any
) -> None:
    """Each address by each other method, by those who may see nothing of it."""
    from tracker.models import Compression, LLMSession, Policy

    wrong = []
    for calls in (PAGES | API | AHEAD_OF_DJANGO).values():
        known = {call.method for call in calls}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
            asked = Call(calls[0].path, calls[0].rule, method=method)
            for actor in ("anonymous", "stranger", "other_key", "revoked"):
                answer = await ask(world, actor, asked)
                body = answer.text.replace(world.path(calls[0].path), "")
                if answer.status_code >= 500 or MARK in _unnamed(body, world):
                    where = f"{method} {calls[0].path} by {actor}"
                    wrong.append(f"{where}: {answer.status_code}")

    assert wrong == []
    left = [LLMSession, Compression, Policy]
    assert await in_db(
        lambda: [m.objects.filter(project=world.project).count() for m in left]
    ) == [1, 1, 1]


async def test_somebody_elses_rows_answer_like_missing_ones(world: World) -> None:
    for path in ("/sessions/{}/", "/compressions/{}/", "/sessions/{}/samples.csv",
                 "/sessions/{}/delete/", "/policies/{}/"):  # fmt: skip
        name = path.split("/")[1].rstrip("s").replace("policie", "policy")
        theirs = await ask(world, "stranger", Call(path.format(world.ids[name]), ROW))
        missing = await ask(world, "stranger", Call(path.format(999_999), ROW))

        assert theirs.status_code == missing.status_code == 404
        assert without_token(theirs.text) == without_token(missing.text)
    key = world.ids["session_key"]
    theirs = await ask(world, "other_key", Call(f"/api/v1/sessions/{key}", ROW))
    missing = await ask(world, "other_key", Call("/api/v1/sessions/none", ROW))
    assert theirs.json()["error"]["code"] == missing.json()["error"]["code"]
    assert theirs.text.replace(key, "none") == missing.text


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


@pytest.mark.parametrize(
    ("actor", "may"),
    [("stranger", False), ("viewer", False), ("reviewer", True), ("admin", True)],
)
async def test_only_reviewers_of_its_project_change_a_verdict(
    world: World, in_db: Any, actor: str, may: bool
) -> None:
    from tracker.models import Compression

    for route in ("compressions/review/", "compressions/<int:pk>/review/"):
        await in_db(lambda: make_rows(world))
        await ask(world, actor, PAGES[route][0])
        row = await in_db(lambda: Compression.objects.get(pk=world.ids["compression"]))

        assert (row.review == "accepted") is may


async def test_no_form_is_taken_without_its_token(world: World) -> None:
    calls = [c for calls in PAGES.values() for c in calls if c.method == "POST"]
    assert calls
    for call in calls:
        for origin in ("http://localhost", "https://evil.example"):
            headers = {"Origin": origin}
            headers["X-CSRFToken"] = "" if origin == "http://localhost" else "c" * 32
            answer = await ask(world, "superuser", call, **headers)

            assert answer.status_code == 403, call.path


async def test_metrics_from_elsewhere_need_a_key_and_show_its_project(
    world: World,
) -> None:
    call = Call("/metrics", LOCAL_METRICS)
    proxied = {"X-Forwarded-For": "203.0.113.9"}

    assert (await ask(world, "superuser", call, **proxied)).status_code == 401
    mine = (await ask(world, "key", call, **proxied)).text
    theirs = (await ask(world, "other_key", call, **proxied)).text

    assert 'token_budget_sessions{level="ok",project="search"} 1.0' in mine
    assert "legal" not in mine and "commit_seconds" not in mine
    assert "search" not in theirs


# ---- sockets ---------------------------------------------------------------------
GREETED, NOT_ALLOWED, NOT_FOUND = 0, 4003, 4004
SOCKETS: dict[str, tuple[str, dict[str, tuple[int, bool]]]] = {
    "ws/overview/": (
        "/ws/overview/?after=0",
        {
            "anonymous": (NOT_ALLOWED, False),
            "stranger": (GREETED, False),
            "viewer": (GREETED, True),
            "reviewer": (GREETED, True),
            "admin": (GREETED, True),
            "superuser": (GREETED, True),
            "key": (GREETED, True),
            "wrong_scope": (NOT_ALLOWED, False),
            "revoked": (NOT_ALLOWED, False),
            "other_key": (GREETED, False),
        },
    ),
    "ws/sessions/<int:pk>/": (
        "/ws/sessions/{session}/?after=0",
        {
            "anonymous": (NOT_ALLOWED, False),
            "stranger": (NOT_FOUND, False),
            "viewer": (GREETED, True),
            "reviewer": (GREETED, True),
            "admin": (GREETED, True),
            "superuser": (GREETED, True),
            "key": (GREETED, True),
            "wrong_scope": (NOT_ALLOWED, False),
            "revoked": (NOT_ALLOWED, False),
            "other_key": (NOT_FOUND, False),
        },
    ),
}


async def listen(world: World, actor: str, path: str, **headers: str) -> Any:
    """(0, what the greeting says) or (the code it was closed with, "")."""
    from channels.testing import WebsocketCommunicator

    from budget_site.asgi import application

    sent = {"Host": "localhost"} | world.headers[actor] | headers
    raw = [(k.lower().encode(), v.encode()) for k, v in sent.items()]
    socket = WebsocketCommunicator(application, world.path(path), headers=raw)
    await socket.connect(timeout=5)
    said = []
    while True:
        output = await socket.receive_output(timeout=5)
        if output["type"] == "websocket.close":
            return output["code"], ""
        said.append(output["text"])
        # One message of the snapshot, then the event and the compression missed.
        if len(said) == 3 or await socket.receive_nothing(timeout=0.05):
            await socket.disconnect()
            return 0, "".join(said)


@pytest.mark.parametrize("route", SOCKETS)
async def test_sockets(world: World, route: str) -> None:
    path, expected = SOCKETS[route]
    for actor in ACTORS:
        code, said = await listen(world, actor, path)

        assert (code, MARK in said) == expected[actor], f"{path} by {actor}"


async def test_a_cookie_opens_a_socket_from_the_sites_own_pages_only(
    world: World,
) -> None:
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        code, _ = await listen(world, "admin", "/ws/overview/", Origin=origin)

        assert code == NOT_ALLOWED


async def test_another_projects_name_narrows_to_nothing(world: World) -> None:
    for actor in ("stranger", "other_key"):
        code, said = await listen(world, actor, "/ws/overview/?project=search&after=0")

        assert code == 0 and MARK not in said
    assert set(KEYS) < set(ACTORS)
