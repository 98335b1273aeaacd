"""A project: whose sessions these are, who may look, and what is kept."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ProjectQuerySet:
        """Projects this user may read: all for an administrator, else memberships."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(members__user=user)


class Project(models.Model):
    KEEP_MESSAGES = [("yes", "Yes"), ("no", "No")]

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    keep_messages = models.CharField(
        max_length=8,
        choices=KEEP_MESSAGES,
        default="yes",
        help_text="Whether the messages before and after a compression are stored.",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days facts are kept; empty keeps them."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Numbers the writing transaction keeps under this row's lock.
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
        return self.name


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
