"""The audit log: who did what to whose data, and when. Rows are only added."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """An entry keeps names as well as links, so that it is readable after the user or
    the project is deleted. `detail` says what changed from what to what. It never holds
    text of messages or a secret.
    """

    ACTIONS = [
        ("login", "Logged in"),
        ("login_failed", "Failed to log in"),
        ("logout", "Logged out"),
        ("key_created", "Made an API key"),
        ("key_revoked", "Revoked an API key"),
        ("policy_changed", "Changed a policy"),
        ("policy_deleted", "Deleted a policy"),
        ("upstream_set", "Set an upstream"),
        ("upstream_removed", "Removed an upstream"),
        ("alert_changed", "Changed an alert"),
        ("alert_removed", "Removed an alert"),
        ("member_added", "Added a member"),
        ("share_made", "Made a shared link"),
        ("share_revoked", "Revoked a shared link"),
        ("review", "Reviewed a compression"),
        ("told", "Told the team of a loss"),
        ("admin_changed", "Changed in the admin"),
        ("session_deleted", "Deleted a session"),
        ("project_deleted", "Deleted a project"),
        ("export", "Exported"),
    ]

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=20, choices=ACTIONS)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    # A user's name, `key <prefix>…`, or `command line`.
    actor = models.CharField(max_length=200)
    project = models.ForeignKey(
        "tracker.Project", null=True, blank=True, on_delete=models.SET_NULL
    )
    project_slug = models.CharField(max_length=64, blank=True)
    target = models.CharField(max_length=300, blank=True)
    detail = models.TextField(blank=True)
    address = models.CharField(max_length=45, blank=True)  # IPv4 or IPv6
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor}: {self.get_action_display().lower()} {self.target}"
