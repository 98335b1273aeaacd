"""What make says where it cannot begin, and what it checks. Nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
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


def locked(name: str) -> dict[str, str]:
    """Version by package."""
    text = (ROOT / f"requirements/{name}.lock").read_text()
    found = re.findall(r"^([\w.-]+)(?:\[[\w, ]+\])?==([^\s;]+)", text, re.MULTILINE)
    return {re.sub("[._]", "-", package.lower()): version for package, version in found}


def wanted(*extras: str) -> set[str]:
    """The packages that pyproject.toml names for the base and these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    names = (re.split(r"[\[<>=;~ ]", line)[0] for line in lines)
    return {re.sub("[._]", "-", name.lower()) for name in names}


LOCKS = [
    ("client", ()),
    ("server", ("server",)),
    ("dev", ("server", "summariser", "dev")),
]


@pytest.mark.parametrize(("name", "extras"), LOCKS)
def test_the_locks_hold_what_each_needs_and_no_more(
    name: str, extras: tuple[str, ...]
) -> None:
    versions = locked(name)

    missing = wanted(*extras) - set(versions)
    assert not missing, "run: sh requirements/lock.sh"
    assert "setuptools" in versions  # builds this package without a download
    if name != "dev":
        assert not {"pytest", "ruff", "mypy"} & set(versions)
    if name == "client":
        assert not {"django", "uvicorn"} & set(versions)
    assert versions.items() <= locked("dev").items()


@pytest.mark.parametrize("name", ["client", "server", "dev"])
def test_every_locked_package_has_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.lock").read_text()
    packages = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]

    assert packages
    assert [one.split()[0] for one in packages if "--hash=sha256:" not in one] == []


def test_what_make_installs_is_checked_against_the_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip install[^|\n]*", makefile)
    ours = [one for one in installs if "-r requirements/" in one]

    assert len(ours) == 3 and all("--require-hashes" in one for one in ours)
    assert all("--no-deps" in one for one in installs if "-e ." in one)
