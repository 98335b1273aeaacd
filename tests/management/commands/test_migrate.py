"""manage.py migrate looks where a database stands before Django does."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tracker.management.commands.migrate import is_before_release
from tracker.migrations._before_release import FIRST_STEPS, STEPS


@pytest.fixture
def steps(db: None) -> Any:
    """The rows of the first fifteen steps, and of none that came later."""
    recorder = MigrationRecorder(connection)
    recorded = recorder.migration_qs.filter(app="tracker")
    recorded.delete()
    for name in FIRST_STEPS:
        recorder.record_applied("tracker", name)
    assert recorded.count() == 15
    return recorded


@pytest.mark.parametrize("taken", [1, 14])
def test_a_database_that_took_some_steps_is_refused(steps: Any, taken: int) -> None:
    steps.filter(name__in=FIRST_STEPS[taken:]).delete()

    with pytest.raises(
        CommandError, match=rf"stops at tracker\.{FIRST_STEPS[taken - 1]}"
    ):
        call_command("migrate", check_unapplied=True)


def test_one_that_took_all_fifteen_goes_on_with_the_second_step(
    steps: Any, capsys: Any
) -> None:
    call_command("migrate", plan=True)

    planned = capsys.readouterr().out
    assert "tracker.0001" not in planned
    assert "tracker.0002_count_by_script" in planned
    assert f"tracker.{STEPS[-1]}" in planned
    assert "tracker" not in settings.MIGRATION_MODULES


@pytest.mark.parametrize("taken", [1, 20, 34])
def test_one_in_between_goes_on_where_it_stands(
    steps: Any, capsys: Any, taken: int
) -> None:
    for name in STEPS[:taken]:
        MigrationRecorder(connection).record_applied("tracker", name)

    call_command("migrate", plan=True)

    planned = capsys.readouterr().out
    assert f"tracker.{STEPS[taken - 1]}" not in planned
    assert f"tracker.{STEPS[taken]}" in planned
    with pytest.raises(SystemExit):
        call_command("migrate", check_unapplied=True)


def test_one_that_took_all_steps_counts_as_migrated(steps: Any, capsys: Any) -> None:
    for name in STEPS:
        MigrationRecorder(connection).record_applied("tracker", name)

    call_command("migrate", verbosity=0)

    assert steps.filter(name="0001_first_release").exists()
    call_command("migrate", check_unapplied=True)


def test_a_new_one_takes_none_of_the_steps(steps: Any, capsys: Any) -> None:
    steps.all().delete()

    call_command("migrate", plan=True)

    planned = capsys.readouterr().out
    assert "tracker.0001_first_release" in planned
    assert "Create model UsageSample" in planned
    assert "tracker.0002" not in planned


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((), False),
        (FIRST_STEPS, True),
        (STEPS[:1], True),
        (STEPS[:-1], True),
        (STEPS, False),
        ((*FIRST_STEPS, *STEPS, "0001_first_release"), False),
        (("0036_later",), False),
    ],
)
def test_before_the_release_is_who_lacks_some_of_the_steps(
    taken: tuple[str, ...], expected: bool
) -> None:
    assert is_before_release(taken) is expected
