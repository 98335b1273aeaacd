"""The admin is for superusers: every address of it, by everybody."""

from __future__ import annotations

from typing import Any

from tests.isolation.admin_calls import admin_entries
from tests.isolation.asking import ask, check, routes
from tests.isolation.rules import Call
from tests.isolation.world import MARK, World


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
