"""Where a client worked: repository and branch, which tell two sessions apart."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

LONGEST = 100
DETACHED = "HEAD"  # what Git calls a checkout without a branch
# Where clients make worktrees of their own: `<repository>/.claude/worktrees/NAME`,
# `~/.cursor/worktrees/<repository>/NAME`, `~/.codex/worktrees/ID/<repository>`.
_WORKTREES = (
    re.compile(r"([^/]+)/\.(?:claude|qwen|gemini)/worktrees/[^/]+"),
    re.compile(r"/\.cursor/worktrees/([^/]+)/[^/]+"),
    re.compile(r"/\.codex/worktrees/[^/]+/([^/]+)"),
)
_GIT_FILE_BYTES = 4096


def place_of(folder: Any, branch: Any) -> dict[str, str]:
    """`{"repository": "billing-api", "branch": "fix/webhook-dup"}`: the folder's own
    name, never the path to it, which may name a person. All worktrees of a repository
    have its name. What is unknown is left out.
    """
    return dict(_place(_text(folder), _text(branch)))


@lru_cache(maxsize=1024)
def _place(folder: str, branch: str) -> dict[str, str]:
    found = {}
    if folder and (repository := _repository(folder)):
        found["repository"] = repository[:LONGEST]
    if branch and branch != DETACHED:
        found["branch"] = branch[:LONGEST]
    return found


@lru_cache(maxsize=4096)
def _repository(folder: str) -> str:
    for made in _WORKTREES:
        if found := made.search(folder.replace("\\", "/")):
            return found[1]
    return _main_checkout(folder) or _name_of(folder)


def _name_of(folder: str) -> str:
    kind = PureWindowsPath if "\\" in folder else PurePosixPath
    return kind(folder).name


def _main_checkout(folder: str) -> str:
    """The name of the repository of which `folder` is a worktree; "" if it is none, or
    lies on another machine.

    Git leaves a file there: `gitdir: /src/billing-api/.git/worktrees/fix`.
    """
    if not folder.startswith("/"):
        return ""
    try:
        git = Path(folder) / ".git"
        if not git.is_file():
            return ""
        with git.open("rb") as file:
            said = file.read(_GIT_FILE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    if not said.startswith("gitdir:"):
        return ""
    places = PurePosixPath(said.removeprefix("gitdir:").strip()).parts
    if len(places) < 4 or places[-2] != "worktrees":
        return ""  # a submodule is a separate repository
    # A bare repository is a folder like `billing-api.git`.
    above = places[-4] if places[-3] == ".git" else places[-3]
    return _text(above.removesuffix(".git"))


def _text(value: Any) -> str:
    """Without control characters, which no store takes."""
    if not isinstance(value, str):
        return ""
    if value.isprintable():
        return value
    return "".join(c for c in value if c.isprintable())
