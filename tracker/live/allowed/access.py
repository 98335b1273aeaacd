"""Who may open a socket, and which projects it then sees.

A valid Bearer key needs no Origin. With a login cookie the Origin must be the site's
own: otherwise any page on the web could open a socket as the person who is logged in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from tracker.models import ApiKey, LLMSession, Project
from tracker.models.access.api_keys import hash_key


def header(scope: dict[str, Any], name: bytes) -> str:
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.decode("latin-1")


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Scheme, host and port are compared: https://budget.example and another program's
    page at http://budget.example:8080 are two sites to a browser, with one cookie.
    """
    text = header(scope, b"origin")
    if text in settings.CSRF_TRUSTED_ORIGINS:
        return True
    origin = urlsplit(text)
    scheme = "https" if scope.get("scheme") in ("wss", "https") else "http"
    host = header(scope, b"host").lower()
    if origin.scheme != scheme or not origin.hostname:
        return False
    if _with_port(origin.netloc.lower(), scheme) != _with_port(host, scheme):
        return False
    return validate_host(_host(host), settings.ALLOWED_HOSTS)


def _host(netloc: str) -> str:
    return netloc.rsplit(":", 1)[0] if not netloc.endswith("]") else netloc


def _with_port(netloc: str, scheme: str) -> str:
    """Browsers leave out the usual port, proxies may name it."""
    if ":" in netloc.rpartition("]")[2]:
        return netloc
    return f"{netloc}:{443 if scheme == 'https' else 80}"


def readable_projects(scope: dict[str, Any]) -> frozenset[int] | None:
    """The ids of the projects this socket may read; None refuses it. Queries."""
    authorization = header(scope, b"authorization")
    if authorization:
        scheme, _, key = authorization.partition(" ")
        row = ApiKey.objects.usable().filter(key_hash=hash_key(key.strip())).first()
        if scheme.lower() != "bearer" or row is None or "read" not in row.scopes:
            return None
        scope["api_key_id"] = row.pk
        return frozenset((row.project_id,))
    user = scope.get("user")
    if user is None or not user.is_authenticated or not is_own_origin(scope):
        return None
    visible = Project.objects.visible_to(user)
    return frozenset(visible.values_list("pk", flat=True))


def narrowed(project_ids: frozenset[int], slug: str) -> frozenset[int]:
    """Only the project of this slug, if it is among them."""
    found = Project.objects.filter(pk__in=project_ids, slug=slug)
    return frozenset(found.values_list("pk", flat=True))


def session_project(project_ids: frozenset[int], session_id: int) -> int | None:
    found = LLMSession.objects.filter(pk=session_id, project_id__in=project_ids)
    return found.values_list("project_id", flat=True).first()
