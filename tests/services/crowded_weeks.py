"""What prune does on PostgreSQL while another prune runs.

`python -m tests.services.crowded_weeks` prints one JSON object. The database must hold
no other project with sessions.
"""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from tests.services.prune_weeks import make_project

    now = timezone.now()
    for slug in ("long", "short"):
        make_project(slug, now)
    found: dict[str, Any] = {"two": two_at_once()}
    found["afterwards"] = told()
    print(json.dumps(found))


def told() -> list[str]:
    """What prune said, and the error it ended with."""
    from django.core.management import CommandError, call_command

    out, error = io.StringIO(), ""
    try:
        call_command("prune", stdout=out)
    except CommandError as refused:
        error = str(refused)
    return [out.getvalue(), error]


def two_at_once() -> list[list[str]]:
    """One, and the other that comes when the first has detached a week."""
    from django.db import connection

    from tracker.ingest import week_dropping

    drop, second = week_dropping._drop, []

    def prune() -> None:
        second.append(told())
        connection.close()

    def let_the_other_run(name: str) -> Any:
        week_dropping._drop = drop
        thread = threading.Thread(target=prune)
        thread.start()
        thread.join()
        return drop(name)

    week_dropping._drop = let_the_other_run
    return [told(), *second]


if __name__ == "__main__":
    main()
