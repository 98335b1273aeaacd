"""Whether what somebody typed finds anything that is stored."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tracker.models import LLMSession


def unmatched(pattern: str, project: int | None = None) -> str:
    """ "" where a session's model fits the pattern or there is none; else that no
    session of the project (of all, if None) has such a model.
    """
    sessions = LLMSession.objects.all()
    if project:
        sessions = sessions.filter(project=project)
    known = sessions.order_by().values_list("model", flat=True).distinct()
    is_found = any(fnmatchcase(model.lower(), pattern.lower()) for model in known)
    if not pattern or is_found:
        return ""
    return f"No stored session has a model that matches {pattern}"
