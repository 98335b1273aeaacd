"""Whose policies these are: who may see one, who may change it, over which sessions."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from tracker.models import LLMSession, Policy, ProjectMember
from tracker.pages.frame.chrome import projects_of
from tracker.reading.policies.policy_trial import affected_sessions


def visible_policies(request: HttpRequest) -> QuerySet[Policy]:
    """Policies without a project, and those of the projects one may see."""
    projects = [p.pk for p in projects_of(request)]
    own = Q(project__in=projects) | Q(session__project__in=projects)
    return Policy.objects.filter(Q(project=None, session=None) | own).select_related(
        "project", "session__project"
    )


def may_change(request: HttpRequest, policy: Policy) -> bool:
    """Whether one administers the site, or the policy's project."""
    if request.user.is_superuser:
        return True
    session = policy.session
    project = policy.project_id or (session.project_id if session else None)
    return project is not None and is_project_admin(request, project)


def is_project_admin(request: HttpRequest, project_id: int | None = None) -> bool:
    """Of this project, or (None) of any."""
    found = ProjectMember.objects.filter(user=request.user.pk, role="admin")
    return (found.filter(project=project_id) if project_id else found).exists()


def sessions_of(request: HttpRequest, policy: Policy) -> QuerySet[LLMSession]:
    """The sessions a trial reads: never another project's."""
    visible = LLMSession.objects.filter(
        project__in=[p.pk for p in projects_of(request)]
    )
    return affected_sessions(visible, policy)
