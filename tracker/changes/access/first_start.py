"""What a new installation begins with: an administrator, a project, a key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from tracker.changes.access.api_keys import create_api_key, create_project
from tracker.changes.access.login_links import create_login_link
from tracker.models.access.api_keys import GATEWAY_SCOPE

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Secrets that are shown once and stored only as hashes."""

    username: str
    password: str
    login_token: str
    api_key: str
    gateway_key: str


@transaction.atomic
def begin() -> FirstStart | None:
    """Make them where no user exists yet; None on every later start."""
    users = get_user_model().objects
    if users.exists():
        return None
    password = secrets.token_urlsafe(12)
    user = users.create_superuser(ADMIN, "", password)
    project, _ = create_project(slug="default", name="Default")
    _, key = create_api_key(project=project, name="first key")
    _, gateway_key = create_api_key(
        project=project, name="gateway", scopes=[GATEWAY_SCOPE]
    )
    return FirstStart(ADMIN, password, create_login_link(user), key, gateway_key)
