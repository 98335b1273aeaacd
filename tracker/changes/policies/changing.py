"""Changes policies: row, version and history in one transaction, then rejudges."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import close_old_connections, connection, transaction

from tracker.changes.audit import audit
from tracker.changes.policies.form import FIELDS, LABELS, refuse_default
from tracker.changes.policies.rejudge import rejudge_sessions
from tracker.changes.values import changed_values
from tracker.domain.budget.resolution import ScopedPolicy
from tracker.models import ConfigVersion, LLMSession, Policy

AT_ONCE = 2_000  # sessions judged anew while the request waits: about 0.3 s


class PolicyConflict(Exception):
    """Somebody else saved the policy since it was read: nothing was stored."""


def save_policy(policy: Policy, *, seen: str = "") -> list[ScopedPolicy]:
    """Store it; open pages show it a moment after the commit. Answers what it was
    and what it is. Validate first (PolicyForm).

    `seen` is the `updated_at` (ISO) that the change was made upon. Raises
    PolicyConflict where the row has another by now: of two people who save at once,
    the second one's form holds the first one's old numbers.
    """
    with transaction.atomic():
        rows = Policy.objects.select_for_update(of=("self",)).filter(pk=policy.pk)
        before = rows.first() if policy.pk else None
        if seen and before is not None and before.updated_at.isoformat() != seen:
            raise PolicyConflict
        policy.save()
        ConfigVersion.bump()
        audit(
            "policy_changed",
            target=policy.name,
            project=policy.project,
            detail=changes_of(before, policy),
        )
        scopes = [p.as_scoped() for p in (before, policy) if p is not None]
        transaction.on_commit(partial(judge_anew, scopes))
    return scopes


def delete_policy(policy: Policy) -> None:
    """Raises ValidationError for the default policy."""
    refuse_default(policy)
    with transaction.atomic():
        scopes = [policy.as_scoped()]
        audit("policy_deleted", target=policy.name, project=policy.project)
        policy.delete()
        ConfigVersion.bump()
        transaction.on_commit(partial(judge_anew, scopes))


def log_policy_change(policy: Policy, changes: str, *, user: Any) -> None:
    """The line the admin's history shows."""
    LogEntry.objects.log_actions(
        user.pk, [policy], CHANGE, change_message=changes, single_object=True
    )


def changes_of(before: Policy | None, after: Policy) -> str:
    """`Reserve: 4,000 → 20,000; Target: 60 → 55`. "" when nothing changed."""
    return changed_values(before, after, FIELDS, labels=LABELS)


def judge_anew(scopes: Iterable[ScopedPolicy]) -> None:
    """Every session one of these applies to, or all where none is given."""
    scopes = list(scopes)
    if LLMSession.objects.all()[: AT_ONCE + 1].count() <= AT_ONCE:
        rejudge_sessions(scopes)
        return
    threading.Thread(
        target=_in_thread, args=(scopes,), name="judge anew", daemon=True
    ).start()


def _in_thread(scopes: list[ScopedPolicy]) -> None:
    close_old_connections()
    try:
        rejudge_sessions(scopes)
    finally:
        connection.close()
