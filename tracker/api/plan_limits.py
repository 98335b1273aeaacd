"""GET /plan-limits: what is used of the clients' subscriptions, and when it resets."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from tracker.api import queries
from tracker.api.endpoint import endpoint
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.plan_limits import PlanLimits, PlanLimitShape
from tracker.models import Project
from tracker.reading.plan_limits import plan_limits_of


@endpoint(GET="read")
def plan_limits(request: HttpRequest, grant: KeyGrant) -> PlanLimits:
    """Those whose window has not ended."""
    queries.check_names(request)
    projects = Project.objects.filter(pk=grant.project_id)
    found = plan_limits_of(projects, timezone.now())
    return PlanLimits([PlanLimitShape.of(each) for each in found])
