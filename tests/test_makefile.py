"""What make says where it cannot begin, and what it checks. Nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(copy: Path, python: str) -> str:
    # Under `make test` these would make this make a child, which says "Entering
    # directory" before what is tested here.
    ours = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", ".venv/pip", f"PYTHON={python}"],
        cwd=copy, env=ours, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    return done.stdout


def test_a_python_that_is_not_there_is_called_missing(copy: Path) -> None:
    said = make(copy, "python3.99")

    assert said.startswith("python3.99 not found.")
    assert "this is" not in said


def test_a_python_that_is_too_old_is_told_its_version(copy: Path) -> None:
    old = copy / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)

    said = make(copy, str(old))

    assert said.startswith("Python 3.11 or newer is needed; this is Python 3.9.1.")
    assert not (copy / ".venv").exists()


def test_a_commit_is_checked_as_make_lint_checks() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\nlint:", 1)[1].split("\n\n")[0]
    commands = re.findall(r"\$\(BIN\)/(.+)", recipe)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()

    assert len(commands) == hooks.count("- id:") == 5
    for command in commands:
        # pre-commit adds the names of changed files where make has "."
        assert f".venv/bin/{command.removesuffix(' .')}" in hooks
