"""Writes the audit log. Call `audit` in the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.utils import timezone

from tracker.changes.request_context import present_request
from tracker.models import AuditEntry, Project

COMMAND_LINE = "command line"


def audit(
    action: str,
    *,
    target: object = "",
    project: Project | None = None,
    detail: str = "",
    user: Any = None,
    actor: str = "",
) -> AuditEntry:
    """One line. Who did it is the given user, else the present request's user or
    key, else the command line.
    """
    context = present_request()
    if user is None and context is not None:
        user = context.user
    known = user if user is not None and user.is_authenticated else None
    if not actor and known is not None:
        actor = known.get_username()
    elif not actor and context is not None:
        actor = f"key {context.api_key}…" if context.api_key else "anonymous"
    return AuditEntry.objects.create(
        at=timezone.now(),
        action=action,
        user_id=known.pk if known is not None else None,
        actor=(actor or COMMAND_LINE)[:200].replace("\0", ""),
        project=project,
        project_slug=project.slug if project is not None else "",
        target=str(target)[:300].replace("\0", ""),
        detail=detail,
        address=context.address if context is not None else "",
        request_id=context.id if context is not None else "",
    )


def watch_logins() -> None:
    """By Django's signals: they alone see every way in, the admin's own too."""
    user_logged_in.connect(_logged_in, dispatch_uid="audit login")
    user_logged_out.connect(_logged_out, dispatch_uid="audit logout")
    user_login_failed.connect(_login_failed, dispatch_uid="audit login failed")


def _logged_in(user: Any, **_: Any) -> None:
    audit("login", user=user)


def _logged_out(user: Any, **_: Any) -> None:
    if user is not None:
        audit("logout", user=user)


def _login_failed(credentials: dict[str, Any], **_: Any) -> None:
    audit("login_failed", actor=str(credentials.get("username", "")) or "nobody")
