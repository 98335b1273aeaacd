"""Two projects, everybody who may ask, and rows that only one project may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MARK = "hush-hush"  # stands in every text of the project that is looked at
ORIGIN = "http://localhost"
PEOPLE = ("anonymous", "stranger", "viewer", "reviewer", "admin", "superuser")
KEYS = ("key", "wrong_scope", "revoked", "other_key")
ACTORS = PEOPLE + KEYS
CSRF = "c" * 32


@dataclass
class World:
    """`pk` of each thing by its name; `headers` of each actor."""

    project: Any = None
    ids: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def path(self, template: str) -> str:
        return template.format(**self.ids)


def make_world(wrong_scopes: tuple[str, ...]) -> World:
    """`wrong_scopes`: what the key that is not allowed may do instead."""
    from tracker.changes.access.api_keys import create_api_key, revoke_api_key
    from tracker.models import Project

    world = World(project=Project.objects.create(slug="search", name=f"Search {MARK}"))
    other = Project.objects.create(slug="legal", name="Legal")
    world.headers["anonymous"] = {}
    _people(world, other)
    keys = {
        "key": create_api_key(project=world.project, name="all"),
        "wrong_scope": create_api_key(
            project=world.project, name="wrong", scopes=wrong_scopes
        ),
        "revoked": create_api_key(project=world.project, name="revoked"),
        "spare": create_api_key(project=world.project, name="spare"),
        "other_key": create_api_key(project=other, name="other"),
    }
    revoke_api_key(keys["revoked"][0])
    world.ids["project_key"] = keys.pop("spare")[0].pk
    for name, (_, secret) in keys.items():
        world.headers[name] = {"Authorization": f"Bearer {secret}"}
    world.ids["key"] = keys["key"][0].pk
    make_rows(world)
    return world


def _people(world: World, other: Any) -> None:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from tracker.models import ProjectMember

    for name in PEOPLE[1:]:
        user = get_user_model().objects.create_user(
            name, is_superuser=name == "superuser", is_staff=name == "superuser"
        )
        if name == "stranger":
            ProjectMember.objects.create(project=other, user=user, role="admin")
        elif name != "superuser":
            ProjectMember.objects.create(project=world.project, user=user, role=name)
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        world.headers[name] = {
            "Cookie": f"sessionid={cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Origin": ORIGIN,
        }


def make_rows(world: World) -> None:
    """A session with a sample, an event, a compression with text, and a policy."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from tracker.changes.share_links import make_link
    from tracker.models import (
        AlertChannel,
        AlertDelivery,
        AlertRule,
        Compression,
        CompressionText,
        LLMSession,
        Policy,
        Project,
        SavedView,
        ShareLink,
        SourceActivity,
        ThresholdEvent,
        UsageSample,
    )

    if not Project.objects.filter(pk=world.project.pk).exists():
        world.project.save(force_insert=True)
    now = timezone.now()
    number = LLMSession.objects.count() + 1
    at = {"project": world.project, "at": now}
    tokens = {
        f"{part}_tokens": 0
        for part in ("system", "history", "user_context", "tools", "unattributed")
    }
    limits = {"window_tokens": 200_000, "available_tokens": 196_000}
    session = LLMSession.objects.create(
        project=world.project, key=f"{MARK}-{number}", title=f"About {MARK}",
        model=f"model-{MARK}", used_tokens=10, first_at=now, last_at=now,
        created_at=now, sample_count=1, metadata={"team": MARK},
    )  # fmt: skip
    Project.objects.filter(pk=world.project.pk).update(ok_count=1, last_seq=2)
    UsageSample.objects.create(
        session=session, event_id=f"of-{MARK}", used_tokens=10, level="ok",
        source="counted", window_source="default", origin="api", **tokens, **limits,
        **at,
    )  # fmt: skip
    ThresholdEvent.objects.filter(project=world.project).delete()
    ThresholdEvent.objects.create(
        session=session, seq=1, from_level="ok", to_level="warning", used_tokens=10,
        available_tokens=196_000, policy_name=MARK, **at,
    )  # fmt: skip
    Compression.objects.filter(project=world.project).delete()
    compression = Compression.objects.create(
        session=session, seq=2, before_tokens=9, after_tokens=5, trigger="auto",
        performed_by="client", **at,
    )  # fmt: skip
    CompressionText.objects.create(
        compression=compression, summary=MARK,
        before=[{"role": "user", "content": MARK}], after=[],
    )  # fmt: skip
    Policy.objects.filter(name__startswith=MARK).delete()
    policy = Policy.objects.create(
        name=f"{MARK} policy", project=world.project, message_limit=7
    )
    AlertChannel.objects.filter(project=world.project).delete()
    alert_channel = AlertChannel.objects.create(
        project=world.project, name=f"{MARK} channel", kind="webhook",
        target=f"https://{MARK}.example/", site_address="http://localhost/",
    )  # fmt: skip
    alert_rule = AlertRule.objects.create(
        project=world.project, channel=alert_channel, name=MARK, kind="level"
    )
    alert_delivery = AlertDelivery.objects.create(
        project=world.project, channel=alert_channel, rule=alert_rule, about="event 1",
        message={"title": MARK, "text": MARK}, created_at=now, due_at=now, state="sent",
    )  # fmt: skip
    shared = ShareLink(project=world.project, session=session, shows="page")
    make_link(shared, days=1, user=None)
    badge = ShareLink(project=world.project, session=session, shows="badge")
    make_link(badge, days=1, user=None)
    owner, _ = User.objects.get_or_create(username="owner")
    SavedView.objects.filter(owner=owner).delete()
    view = SavedView.objects.create(owner=owner, project=world.project, name=MARK)
    SourceActivity.objects.get_or_create(
        project=world.project, source="litellm", client=MARK,
        defaults={"last_at": now, "last_error": MARK},
    )  # fmt: skip
    world.ids |= {
        "session": session.pk,
        "session_key": session.key,
        "compression": compression.pk,
        "policy": policy.pk,
        "alert_channel": alert_channel.pk,
        "alert_rule": alert_rule.pk,
        "alert_delivery": alert_delivery.pk,
        "view": view.pk,
        "share_link": shared.pk,
        "share_token": shared.token,
        "badge_token": badge.token,
        "project": world.project.pk,
    }
