"""Long answers of the database, read portion by portion."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction


def reading_in_portions() -> AbstractContextManager[Any]:
    """`iterator()` in here reads portion by portion on PostgreSQL, too: outside of a
    transaction the whole answer would come at once (budget_site/postgresql).
    """
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
