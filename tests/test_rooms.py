"""A folder holds at most a dozen files, so that a newcomer takes it in at one look."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_FILES = 12

# Folders that hold more, how many, and why. This list may only shrink.
EXCEPTIONS = {
    "tracker/migrations/_before_release": (35, "read from one folder, too"),
    "tracker/management/commands": (13, "Django finds commands in this one folder"),
}


def counts() -> dict[str, int]:
    """Files that each folder itself holds; __init__.py does not count."""
    found: dict[str, int] = {}
    for top in ("tracker", "budget_site", "templates", "static"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            if path.name != "__init__.py":
                folder = path.parent.relative_to(ROOT).as_posix()
                found[folder] = found.get(folder, 0) + 1
    return found


def test_a_folder_holds_at_most_a_dozen_files() -> None:
    too_many = {
        folder: count
        for folder, count in counts().items()
        if count > MOST_FILES and folder not in EXCEPTIONS
    }
    assert too_many == {}


def test_the_exceptions_are_needed_and_grow_no_further() -> None:
    found = counts()
    for folder, (count, _reason) in EXCEPTIONS.items():
        assert found[folder] > MOST_FILES, f"{folder} needs no exception any more"
        assert found[folder] <= count, f"{folder} grew: give it rooms"
