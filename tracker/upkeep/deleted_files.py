"""Notes that clients have deleted session files."""

from __future__ import annotations

from datetime import datetime

from tracker.models import DeletedFile, LLMSession


def note_deleted(*, project_id: int, session: str, at: datetime) -> bool:
    """False if the project has no such session. Told again, the latest counts."""
    rows = LLMSession.objects.filter(project_id=project_id, key=session)
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        return False
    DeletedFile.objects.update_or_create(session_id=found, defaults={"at": at})
    return True
