"""Makes the first released schema with data, migrates it forward, and says what the
pages, the API and `verify` then answer, as one JSON object.

`python -m tests.migrations.upgraded_server` over the database of the environment.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import django

FIRST = [("tracker", "0001_initial")]
KEY = "tb_first-release"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
USED = (1_000, 160_000, 170_000, 60_000)  # ok, warning, compress, then compressed
LEVEL = {1_000: "ok", 160_000: "warning", 170_000: "compress", 60_000: "ok"}


def main() -> None:
    migrate_filled()
    print(json.dumps(asyncio.run(answers()), default=str))


def migrate_filled() -> None:
    """Make the first release's tables, fill them, and migrate to the present ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    call_command("migrate", "auth", verbosity=0)
    call_command("migrate", "sessions", verbosity=0)
    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    fill(executor.loader.project_state(FIRST).apps)
    call_command("migrate", verbosity=0, interactive=False)


def fill(apps: Any) -> None:
    """What the first release would have left of one busy session, with its models."""

    def model(name: str) -> Any:
        return apps.get_model("tracker", name)

    project = model("Project").objects.create(
        slug="old", name="Old", last_seq=4, ok_count=1
    )
    user = apps.get_model("auth", "User").objects.create(
        username="boss", is_superuser=True, is_staff=True
    )
    model("ProjectMember").objects.create(project=project, user=user, role="admin")
    model("ApiKey").objects.create(
        project=project,
        name="old key",
        shown_prefix=KEY[:8],
        key_hash=hashlib.sha256(KEY.encode()).hexdigest(),
        scopes=["ingest", "read", "optimize"],
    )
    session = model("LLMSession").objects.create(
        project=project, key="team/chat 💬", title="Old chat", model="gpt-4o",
        metadata={"team": "search"}, used_tokens=60_000, history_tokens=60_000,
        source="counted", parts_source="counted", used_ratio=60_000 / 196_000,
        level="ok", event_level="ok", first_at=NOON, last_at=at(4), sample_count=3,
        event_count=3, compression_count=1, saved_tokens=110_000,
        last_compression_at=at(4), created_at=NOON, changed_us=1, message_count=None,
    )  # fmt: skip
    for number, used in enumerate(USED[:3]):
        add_sample(model, project, session, number, used)
    model("SessionLane").objects.create(
        session=session, name="helper", used_tokens=50, history_tokens=50,
        source="counted", parts_source="counted", used_ratio=50 / 196_000,
        sample_count=1, first_at=at(1), last_at=at(1),
    )  # fmt: skip
    add_sample(model, project, session, 1, 50, lane="helper", event_id="h")
    steps = [("ok", "warning", 2), ("warning", "compress", 3), ("compress", "ok", 4)]
    for seq, (before, after, _) in enumerate(steps, 1):
        model("ThresholdEvent").objects.create(
            project=project, session=session, seq=seq, at=at(seq if seq < 3 else 4),
            from_level=before, to_level=after, used_tokens=USED[seq],
            available_tokens=196_000, policy_name="default",
            event_id=f"e{seq}" if seq < 3 else "c",
        )  # fmt: skip
    compression = model("Compression").objects.create(
        project=project, session=session, seq=4, at=at(4), event_id="c",
        performed_by="client", trigger="budget", before_tokens=170_000,
        after_tokens=60_000, sets_gauge=True, review="pending", model="gpt-4o",
    )  # fmt: skip
    model("CompressionText").objects.create(
        compression=compression,
        summary="They looked for /etc/hosts",
        before=[{"role": "user", "content": "read /etc/hosts"}],
        after=[{"role": "user", "content": "summary"}],
    )
    add_key(model, session, "c", at(4), kind="compression")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def add_sample(
    model: Any,
    project: Any,
    session: Any,
    number: int,
    used: int,
    *,
    lane: str = "main",
    event_id: str = "",
) -> None:
    event_id = event_id or f"e{number}"
    model("UsageSample").objects.create(
        project=project, session=session, lane=lane, at=at(number), event_id=event_id,
        model="gpt-4o" if lane == "main" else "", used_tokens=used,
        history_tokens=used, system_tokens=0, user_context_tokens=0, tools_tokens=0,
        unattributed_tokens=0, window_tokens=200_000, window_source="default",
        available_tokens=196_000, level=LEVEL.get(used, "ok"), source="counted",
        parts_source="counted", origin="api",
    )  # fmt: skip
    add_key(model, session, event_id, at(number), kind="usage")


def add_key(model: Any, session: Any, event_id: str, when: Any, *, kind: str) -> None:
    digest = blake2b(f"{kind}\0{event_id}".encode(), digest_size=16).digest()
    model("EventKey").objects.create(session=session, digest=digest, at=when)


async def answers() -> dict[str, Any]:
    import httpx
    from asgiref.sync import sync_to_async

    from budget_site.asgi import application

    found: dict[str, Any] = {"differences": await sync_to_async(differences)()}
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
    from tracker.ingest.door.process import stop_writer

    await sync_to_async(stop_writer)()
    return found


def differences() -> list[str]:
    from tracker.upkeep.verifying import verify

    return [str(difference) for difference in verify()]


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
        return cookie, LLMSession.objects.get().pk, Compression.objects.get().pk

    cookie, session, compression = await sync_to_async(log_in)()
    found = {}
    for path in (
        "/", "/sessions/", f"/sessions/{session}/", "/events/", "/fleet/",
        "/compressions/", f"/compressions/{compression}/", "/policies/",
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
