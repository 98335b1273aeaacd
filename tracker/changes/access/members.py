"""Lets people into a project."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from tracker.changes.access.login_links import create_login_link
from tracker.changes.audit import audit
from tracker.models import ConfigVersion, Project, ProjectMember


@transaction.atomic
def add_member(project: Project, name: str, role: str, *, user: Any = None) -> str:
    """Give somebody this role in the project, instead of another one there. Who has no
    login yet gets one, without a password: answers the token of their first login
    link, "" for who was known.
    """
    person, is_new = User.objects.get_or_create(username=name)
    if is_new:
        person.set_unusable_password()
        person.save()
    ProjectMember.objects.update_or_create(
        project=project, user=person, defaults={"role": role}
    )
    ConfigVersion.bump()
    audit("member_added", target=name, project=project, detail=role, user=user)
    return create_login_link(person) if is_new else ""
