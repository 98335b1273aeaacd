"""Says what the pages, the API and `verify` answer over an upgraded database, as one
JSON object. It also reports, and makes the weeks ahead as a server does.

`python -m tests.migrations.upgraded_server` over the database of the environment.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import django

WEEK = timedelta(days=7)
KEY = "tb_first-release"  # of the project "old", in the dumps of a52e16c


def main() -> None:
    django.setup()
    print(json.dumps(asyncio.run(answers()), default=str))


async def answers() -> dict[str, Any]:
    import httpx
    from asgiref.sync import sync_to_async

    from budget_site.asgi import application

    found: dict[str, Any] = {"packed": await sync_to_async(packed)()}
    found["differences"] = await sync_to_async(differences)()
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {KEY}"},
    ) as client:
        for name, path in {
            "session": "sessions/team%2Fchat%20%F0%9F%92%AC",
            "usage": "sessions/team%2Fchat%20%F0%9F%92%AC/usage",
            "events": "events?after=0",
            "compressions": "compressions",
        }.items():
            answer = await client.get(f"/api/v1/{path}")
            found[name] = [answer.status_code, answer.json()]
        repeat = {"session": "team/chat 💬", "event_id": "e1", "tokens": {}}
        answer = await client.post("/api/v1/usage", json=repeat)
        found["repeat"] = [answer.status_code, answer.json()]
        fresh = {**repeat, "event_id": "new", "tokens": {"history": 190_000}}
        answer = await client.post("/api/v1/usage", json=fresh)
        found["fresh"] = [answer.status_code, answer.json()]
        found["pages"] = await pages(client)
    found["differences_after"] = await sync_to_async(differences)()
    found["ids"] = await sync_to_async(newest_ids)()
    found["weeks"] = await sync_to_async(weeks_ahead)()
    from tracker.ingest.door.process import stop_writer

    await sync_to_async(stop_writer)()
    return found


def packed() -> int:
    """Event keys that a server's thread moves to their new table."""
    from django.utils import timezone

    from tracker.upkeep.key_packing import pack_resting

    return pack_resting(timezone.now(), pause=lambda _: None)


def differences() -> list[str]:
    from tracker.upkeep.verifying import verify

    return [str(difference) for difference in verify()]


def newest_ids() -> dict[str, list[int]]:
    """Of the samples and events of the project "old", in the order they were stored."""
    from tracker.models import ThresholdEvent, UsageSample

    return {
        model.__name__: list(
            model.objects.filter(project__slug="old")
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        for model in (UsageSample, ThresholdEvent)
    }


def weeks_ahead() -> list[str]:
    """PostgreSQL's partitions from this week on, after a server has made them."""
    from django.utils import timezone

    from tracker.upkeep.weeks.partitions import has_partitions, make_weeks, stored_weeks

    if not has_partitions():
        return []
    now = timezone.now()
    make_weeks(now)
    return [f"{week:%Y-%m-%d}" for week in stored_weeks() if week > now - WEEK]


async def pages(client: Any) -> dict[str, Any]:
    from asgiref.sync import sync_to_async

    def log_in() -> tuple[str, int, int]:
        from django.contrib.auth import get_user_model
        from django.test import Client

        from tracker.models import Compression, LLMSession

        django_client = Client()
        user = get_user_model().objects.get(username="boss")
        user.set_password("x")
        user.save()
        django_client.force_login(user)
        cookie = django_client.cookies["sessionid"].value
        session = LLMSession.objects.get(title="Old chat")
        return cookie, session.pk, Compression.objects.get(session=session).pk

    cookie, session, compression = await sync_to_async(log_in)()
    found = {}
    for path in (
        "/", "/sessions/", f"/sessions/{session}/", "/events/", "/fleet/",
        "/compressions/?review=all", f"/compressions/{compression}/", "/policies/",
        f"/sessions/{session}/figure.json", "/admin/tracker/llmsession/",
        "/admin/tracker/usagesample/",
    ):  # fmt: skip
        answer = await client.get(path, headers={"Cookie": f"sessionid={cookie}"})
        found[path.replace(str(session), "1")] = [
            answer.status_code, "Old chat" in answer.text
        ]  # fmt: skip
    return found


if __name__ == "__main__":
    main()
