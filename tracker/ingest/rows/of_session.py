"""The rows of one session, asked for in the way the database finds them best."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from django.db.models import Model, QuerySet

from tracker.ingest.rows.sql import is_sqlite

M = TypeVar("M", bound=Model)


class OfProject(Protocol):
    """A session: its state in the writer, or its row."""

    @property
    def id(self) -> int: ...

    @property
    def project_id(self) -> int: ...


def rows_of(model: type[M], session: OfProject, **wanted: Any) -> QuerySet[M]:
    """Rows of `model`, which has a column `session`, that are this session's.

    On PostgreSQL they are asked for by project, too: a database distributed by project
    then asks one node instead of all. SQLite keeps no statistics; told the project it
    may take that index, and read all rows of the project.
    """
    if not is_sqlite():
        wanted |= {"project_id": session.project_id}
    return model._default_manager.filter(session=session.id, **wanted)


def rows_of_all(model: type[M], sessions: Iterable[OfProject]) -> QuerySet[M]:
    """The same of several sessions."""
    projects = {session.id: session.project_id for session in sessions}
    rows = model._default_manager.filter(session__in=list(projects))
    return rows if is_sqlite() else rows.filter(project_id__in=set(projects.values()))
