"""manage.py verify: what it says, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command


def test_all_well_and_repaired_end_with_0_the_rest_with_1(
    project: Any, capsys: Any
) -> None:
    from tracker.models import Project

    call_command("verify")
    assert "everything adds up" in capsys.readouterr().out

    Project.objects.update(ok_count=3)
    with pytest.raises(SystemExit) as ended:
        call_command("verify")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "project default: ok_count is 3, counted 0" in said

    call_command("verify", repair=True)
    assert "0 not repaired" in capsys.readouterr().out
    call_command("verify")
