"""Which statements a block sent to PostgreSQL, and which of them name no project."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import psycopg

# A lock is taken in one project; a read may ask several.
_HELD = re.compile(r"project_id = (%s|\d)|^SELECT(?!.*FOR UPDATE).*project_id IN \(")
_TEXT = re.compile(r"'(?:[^']|'')*'")


@contextlib.contextmanager
def said_statements() -> Iterator[list[str]]:
    """Every statement that psycopg sends meanwhile, Django's too."""
    said: list[str] = []
    kept = {name: getattr(psycopg.Cursor, name) for name in ("execute", "executemany")}

    def noting(name: str) -> Any:
        def send(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
            said.append(str(query))
            return kept[name](self, query, *arguments, **options)

        return send

    for name in kept:
        setattr(psycopg.Cursor, name, noting(name))
    try:
        yield said
    finally:
        for name, function in kept.items():
            setattr(psycopg.Cursor, name, function)


def without_project(said: list[str], tables: list[str]) -> list[str]:
    """Those of these tables' statements that are not held to one project: a database
    that is distributed by project would send them to every node, or refuse them.
    """
    found = []
    for statement in dict.fromkeys(said):
        sql = _TEXT.sub("''", statement.replace('"', ""))
        if not any(re.search(rf"\b{table}\b", sql) for table in tables):
            continue
        if sql.startswith("INSERT"):
            if "project_id" not in sql.partition(")")[0]:
                found.append(statement)
        elif not _HELD.search(sql):
            found.append(statement)
    return found
