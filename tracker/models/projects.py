"""A project: its members, and what is kept of its sessions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import models

from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.redaction.own_patterns import PatternError, own_patterns

REVIEWING = ("reviewer", "admin")


def check_patterns(text: str) -> None:
    """Raises ValidationError."""
    try:
        own_patterns(text)
    except PatternError as error:
        raise ValidationError(str(error).capitalize() + ".") from error


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User | AnonymousUser) -> ProjectQuerySet:
        """Projects this user may read: all for an administrator, else memberships."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(members__user=user)

    def reviewable_by(self, user: User | AnonymousUser) -> ProjectQuerySet:
        """Projects where this user may review compressions."""
        return self._with_role(user, REVIEWING)

    def administered_by(self, user: User | AnonymousUser) -> ProjectQuerySet:
        """Projects where this user may delete sessions and edit policies."""
        return self._with_role(user, ("admin",))

    def _with_role(
        self, user: User | AnonymousUser, roles: tuple[str, ...]
    ) -> ProjectQuerySet:
        found = self.visible_to(user)
        if user.is_superuser or user.is_anonymous:
            return found  # all, or none
        # In one filter: the same membership must have the user and the role.
        return found.filter(members__user=user, members__role__in=roles).distinct()


class Project(models.Model):
    KEEP_MESSAGES = [("yes", "Yes"), ("redacted", "Redacted"), ("no", "No")]

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    keep_messages = models.CharField(
        max_length=8,
        choices=KEEP_MESSAGES,
        default="yes",
        help_text="Whether the messages before and after a compression are stored.",
    )
    redaction_patterns = models.TextField(
        blank=True,
        validators=[check_patterns],
        help_text="For redacted messages: regular expressions to remove, one per "
        "line. Keys, tokens, passwords and e-mail addresses are always removed.",
    )
    retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Days to keep samples, events and compressions; empty keeps all.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # From then on a thread of the server deletes it (upkeep/project_deletion.py).
    deletion_began_at = models.DateTimeField(null=True, editable=False)
    # The writer changes these in its transactions, under the lock of this row.
    last_seq = models.BigIntegerField(default=0, editable=False)
    ok_count = models.BigIntegerField(default=0, editable=False)
    warning_count = models.BigIntegerField(default=0, editable=False)
    compress_count = models.BigIntegerField(default=0, editable=False)
    critical_count = models.BigIntegerField(default=0, editable=False)
    exceeded_count = models.BigIntegerField(default=0, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return visible(self.name)


class ProjectMember(models.Model):
    ROLES = [("viewer", "Viewer"), ("reviewer", "Reviewer"), ("admin", "Admin")]

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="members"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="project_members",
    )
    role = models.CharField(max_length=8, choices=ROLES, default="viewer")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project} ({self.role})"
