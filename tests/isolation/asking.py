"""Asks an address as each of the ten, and compares with its rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.isolation.rules import Call
from tests.isolation.world import ACTORS, MARK, World, make_rows, make_world


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


async def ask(world: World, actor: str, call: Call, **headers: str) -> httpx.Response:
    from budget_site.asgi import application

    sent = world.headers[actor] | headers
    options: dict[str, Any] = {}
    if call.body is not None:
        name = str(world.ids["session_key"])
        options["content"] = json.dumps(call.body).replace("{session_key}", name)
        takes = "application/json, text/event-stream"  # MCP asks for both
        sent = sent | {"Content-Type": "application/json", "Accept": takes}
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
        if not may_read and MARK in unnamed(body, world):
            wrong.append(f"{where} shows what is not theirs")
    return wrong


def unnamed(body: str, world: World) -> str:
    """Without the echo of a name that was asked for."""
    return re.sub(rf"{MARK}-\d+", "", body)


async def check_anew(calls: list[Call], in_db: Any) -> list[str]:
    """Each call in a world of its own."""
    wrong = []
    for call in calls:
        others = tuple({"ingest", "read", "optimize"} - {call.needs})
        world = await in_db(lambda others=others: anew(others))
        wrong += await check(world, call, in_db)
    return wrong


def anew(scopes: tuple[str, ...]) -> World:
    """A world of its own for each call: the wrong scope is another one each time."""
    from django.contrib.auth import get_user_model

    from tracker.models import Project

    Project.objects.all().delete()
    get_user_model().objects.all().delete()
    return make_world(scopes)
