"""Which commands begin a data folder, and what the others say without one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of its own, so that its ./data is nobody else's."""
    shutil.copy(ROOT / "manage.py", tmp_path)
    shutil.copytree(ROOT / "budget_site", tmp_path / "budget_site")
    (tmp_path / "static").mkdir()
    return tmp_path


def manage(copy: Path, *arguments: str, **env: str) -> tuple[int, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOKEN_BUDGET")}
    kept |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=kept | {"DJANGO_SETTINGS_MODULE": "budget_site.settings"} | env,
        cwd=copy, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stderr


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("command", [["login_link", "ana"], ["migrate"]])
def test_without_data_a_command_says_where_it_looked_and_makes_nothing(
    command: list[str], copy: Path
) -> None:
    before = files(copy)

    assert manage(copy, *command) == (
        1,
        "No Token Budget data in ./data. If the server was started with DATA=…, run: "
        f"TOKEN_BUDGET_DATA=… manage.py {' '.join(command)}. "
        "A new installation begins with: make run\n",
    )
    assert files(copy) == before


def test_a_mistyped_folder_is_named_and_not_made(copy: Path) -> None:
    before = files(copy)

    code, said = manage(copy, "login_link", TOKEN_BUDGET_DATA=str(copy / "dta"))

    assert code == 1
    assert said.startswith("No Token Budget data in ./dta. Is TOKEN_BUDGET_DATA the")
    assert files(copy) == before


def test_a_folder_without_tables_is_no_data_either(copy: Path) -> None:
    (copy / "data").mkdir()

    code, said = manage(copy, "login_link")

    assert code == 1
    assert said.startswith("No Token Budget data in ./data.")


def test_up_over_a_missing_folder_of_transcripts_makes_nothing(copy: Path) -> None:
    folder, missing = copy / "new", copy / "none"

    for given in (["--transcripts", str(missing)], [f"--transcripts={missing}"]):
        code, said = manage(copy, "up", *given, TOKEN_BUDGET_DATA=str(folder))
        assert code == 1 and f"There is no folder {missing}:" in said

    assert not folder.exists()


def test_migrate_makes_the_folder_it_is_given(copy: Path) -> None:
    folder = copy / "a" / "b"

    assert manage(copy, "migrate", "-v0", TOKEN_BUDGET_DATA=str(folder)) == (0, "")
    assert {"db.sqlite3", "secret_key"} <= files(folder)

    database = str(folder / "other.sqlite3")
    code, said = manage(
        copy, "login_link",
        TOKEN_BUDGET_DATA=str(folder), DATABASE_URL=f"sqlite:///{database}",
    )  # fmt: skip
    assert code == 1
    assert said.startswith("The database of DATABASE_URL is not ready: no such table")


def test_a_new_folder_and_its_logs_are_their_owners_alone(copy: Path) -> None:
    folder = copy / "deep" / "data"

    code, said = manage(copy, "migrate", TOKEN_BUDGET_DATA=str(folder))

    assert code == 0, said
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (folder, folder / "logs")
    }
    assert modes == {"data": 0o700, "logs": 0o700}
