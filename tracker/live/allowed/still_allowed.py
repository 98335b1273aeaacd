"""Which of the open sockets may still read: their keys, logins and memberships."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from tracker.models import ApiKey, Project, ProjectMember


@dataclass(frozen=True, slots=True)
class Credential:
    """What a socket was opened with: an API key, or a login and its password's hash.
    A changed password ends the logins made with the old one.
    """

    key_id: int | None = None
    user_id: int | None = None
    login: str = ""
    password: str = ""


def credential_of(scope: dict[str, Any]) -> Credential:
    """The credential of a scope that `access.readable_projects` has accepted."""
    if "api_key_id" in scope:
        return Credential(key_id=scope["api_key_id"])
    user = scope["user"]
    login = scope["session"].session_key or ""
    return Credential(user_id=user.pk, login=login, password=user.password)


def readable_now(credentials: Iterable[Credential]) -> dict[Credential, frozenset[int]]:
    """The projects each may read now, none for those that are revoked. Five queries for
    any number of sockets.
    """
    known = set(credentials)
    by_key = _of_keys({c.key_id for c in known if c.key_id is not None})
    by_login = _of_users({c for c in known if c.key_id is None})
    return {
        c: by_login.get(c, frozenset())
        if c.key_id is None
        else by_key.get(c.key_id, frozenset())
        for c in known
    }


def _of_keys(ids: set[int]) -> dict[int, frozenset[int]]:
    if not ids:
        return {}
    rows = ApiKey.objects.usable().filter(pk__in=ids)
    return {
        row.pk: frozenset((row.project_id,)) for row in rows if "read" in row.scopes
    }


def _of_users(wanted: set[Credential]) -> dict[Credential, frozenset[int]]:
    if not wanted:
        return {}
    users = get_user_model().objects.filter(
        pk__in={c.user_id for c in wanted}, is_active=True
    )
    present = {
        pk: (word, boss)
        for pk, word, boss in users.values_list("pk", "password", "is_superuser")
    }
    logins = Session.objects.filter(
        session_key__in={c.login for c in wanted}, expire_date__gt=timezone.now()
    )
    alive = set(logins.values_list("session_key", flat=True))
    everything = frozenset(Project.objects.values_list("pk", flat=True))
    members: dict[int, set[int]] = {}
    rows = ProjectMember.objects.filter(user__in=present)
    for user_id, project_id in rows.values_list("user_id", "project_id"):
        members.setdefault(user_id, set()).add(project_id)
    found = {}
    for c in wanted:
        user = c.user_id or 0
        password, is_superuser = present.get(user, ("", False))
        if c.login in alive and user in present and password == c.password:
            own = frozenset(members.get(user, ()))
            found[c] = everything if is_superuser else own
    return found
