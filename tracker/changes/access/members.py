"""Lets people into a project."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from tracker.changes.access.login_links import create_login_link
from tracker.changes.audit import audit
from tracker.changes.values import changed_values
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
    before = ProjectMember.objects.filter(project=project, user=person).first()
    now, _ = ProjectMember.objects.update_or_create(
        project=project, user=person, defaults={"role": role}
    )
    ConfigVersion.bump()
    said = changed_values(before, now, ("role",)) if before else role
    audit("member_added", target=name, project=project, detail=said, user=user)
    return create_login_link(person) if is_new else ""
