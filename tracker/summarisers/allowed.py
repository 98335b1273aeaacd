"""Which summarisers a project may use."""

from __future__ import annotations

from django.db.models import Q

from tracker.models import Policy
from tracker.summarisers.registry import EXTRACTIVE, summariser_names


def summarisers_of(project_id: int) -> tuple[str, ...]:
    """The local one, and those that a policy of this project or of all projects names.

    A summariser may send messages to another company, and cost money: that the site
    has set one up for a project allows it to no other. One query.
    """
    of_project = Q(project=project_id) | Q(project=None, session=None)
    rows = Policy.objects.filter(of_project | Q(session__project=project_id))
    named = set(rows.exclude(summariser="").values_list("summariser", flat=True))
    return tuple(n for n in summariser_names() if n == EXTRACTIVE or n in named)
