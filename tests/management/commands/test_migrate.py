"""manage.py migrate looks where a database stands before Django does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tracker.management.commands.migrate import REPLACED


@pytest.fixture
def steps(db: None) -> Any:
    """The rows of the fifteen steps, and no row of what replaced them."""
    recorded = MigrationRecorder(connection).migration_qs.filter(app="tracker")
    recorded.exclude(name__in=[name for _, name in REPLACED]).delete()
    assert recorded.count() == len(REPLACED) == 15
    return recorded


@pytest.mark.parametrize("taken", [1, 14])
def test_a_database_that_took_some_steps_is_refused(steps: Any, taken: int) -> None:
    steps.filter(name__in=[name for _, name in REPLACED[taken:]]).delete()

    with pytest.raises(
        CommandError, match=rf"stops at tracker\.{REPLACED[taken - 1][1]}"
    ):
        call_command("migrate", check_unapplied=True)


def test_one_that_took_all_counts_as_migrated(steps: Any, capsys: Any) -> None:
    call_command("migrate", plan=True)

    assert "Apply initial" not in capsys.readouterr().out


def test_a_new_one_is_not_refused(steps: Any, capsys: Any) -> None:
    steps.all().delete()

    call_command("migrate", plan=True)

    planned = capsys.readouterr().out
    assert "tracker.0001_initial_schema" in planned
    assert "Create model UsageSample" in planned
