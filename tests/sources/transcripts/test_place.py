"""Repository and branch of a session: names, never the path of somebody's home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracker.sources.transcripts.place import place_of


@pytest.mark.parametrize(
    ("folder", "branch", "found"),
    [
        (
            "/home/mara/src/billing-api",
            "fix/webhook",
            {"repository": "billing-api", "branch": "fix/webhook"},
        ),
        ("C:\\Users\\mara\\shop", "", {"repository": "shop"}),
        (
            "/src/shop/.claude/worktrees/fix-1/api",
            "fix-1",
            {"repository": "shop", "branch": "fix-1"},
        ),
        ("/home/mara/.cursor/worktrees/shop/x7", "", {"repository": "shop"}),
        ("/home/mara/.codex/worktrees/2f/shop", "", {"repository": "shop"}),
        ("/srv/shop/", "HEAD", {"repository": "shop"}),
        ("/", None, {}),
        (7, {"name": "main"}, {}),
        ("/a/b\x00c", "x" * 200, {"repository": "bc", "branch": "x" * 100}),
    ],
)
def test_the_folders_own_name_and_the_branch(
    folder: Any, branch: Any, found: dict[str, str]
) -> None:
    assert place_of(folder, branch) == found


@pytest.mark.parametrize(
    ("git_dir", "name"),
    [
        ("/src/billing-api/.git/worktrees/fix", "billing-api"),
        ("/srv/git/billing-api.git/worktrees/fix", "billing-api"),
        ("/src/app/.git/modules/lib", "lib-fix"),  # a submodule
        ("", "lib-fix"),
    ],
)
def test_a_worktree_has_the_name_of_its_repository(
    tmp_path: Path, git_dir: str, name: str
) -> None:
    folder = tmp_path / "lib-fix"
    folder.mkdir()
    (folder / ".git").write_text(f"gitdir: {git_dir}\n")

    assert place_of(str(folder), "fix") == {"repository": name, "branch": "fix"}


def test_a_checkout_is_its_own_repository(tmp_path: Path) -> None:
    (tmp_path / "shop" / ".git").mkdir(parents=True)

    assert place_of(str(tmp_path / "shop"), None) == {"repository": "shop"}
