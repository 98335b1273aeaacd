"""Comments on a compression, and its assignment to a person. Who is named gets a
message through the project's alert channels.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tracker.changes.alerts import tell_of_compression
from tracker.domain.conversation.text.visible_text import visible_lines
from tracker.models import (
    AlertChannel,
    Compression,
    CompressionAssignment,
    CompressionComment,
    Project,
)
from tracker.models.projects import REVIEWING

_MENTION = re.compile(r"(?<![\w.@+-])@([\w.@+-]+)")


def members(project: Project) -> QuerySet[User]:
    """Who may be named: the project's members, by name. Not every administrator of the
    site: a comment must not tell who they are.
    """
    found = User.objects.filter(is_active=True, project_members__project=project)
    return found.distinct().order_by("username")


def assignable(project: Project, by: Any) -> QuerySet[User]:
    """Who may review here: such members, and oneself."""
    reviewing = Q(project_members__project=project, project_members__role__in=REVIEWING)
    found = User.objects.filter(reviewing | Q(pk=by.pk), is_active=True)
    return found.distinct().order_by("username")


def mentioned(project: Project, text: str) -> list[User]:
    """The members that `@name` mentions; a full stop after a name is not part of it."""
    names = {
        name for found in _MENTION.findall(text) for name in (found, found.rstrip("."))
    }
    return list(members(project).filter(username__in=names))


@transaction.atomic
def comment(compression: Compression, text: str, *, user: Any) -> list[User]:
    """Store a comment. Returns the people that it names; one message goes to all."""
    name = user.get_username()
    CompressionComment.objects.create(
        compression=compression,
        author=user,
        author_name=name,
        at=timezone.now(),
        text=text,
    )
    named = mentioned(compression.project, text)
    if named:
        to = ", ".join(f"@{one.get_username()}" for one in named)
        _tell(compression, f"{name} names {to}", text)
    return named


@transaction.atomic
def assign(compression: Compression, assignee: User | None, *, user: Any) -> None:
    """Assign a compression to `assignee`, or to nobody (None). Unless they did it
    themselves, the alert channels of the project get a message.
    """
    mine = CompressionAssignment.objects.filter(compression=compression)
    if assignee is None:
        mine.delete()
        return
    if mine.filter(assignee=assignee).exists():
        return
    CompressionAssignment.objects.update_or_create(
        compression=compression, defaults={"assignee": assignee}
    )
    if assignee.pk != user.pk:
        said = f"{user.get_username()} assigns it to @{assignee.get_username()}"
        _tell(compression, said, f"{compression}, {compression.told_by}.")


def _tell(compression: Compression, said: str, text: str) -> None:
    tell_of_compression(
        compression,
        AlertChannel.objects.filter(project=compression.project),
        kind="mention",
        about=f"mention in compression {compression.pk}",
        said=said,
        text=visible_lines(text)[:1_000],
    )
