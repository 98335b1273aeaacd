"""Where a client worked: what tells two sessions of one title apart."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

LONGEST = 100
DETACHED = "HEAD"  # what Git calls a checkout without a branch


def place_of(folder: Any, branch: Any) -> dict[str, str]:
    """`{"repository": "billing-api", "branch": "fix/webhook-dup"}`: the folder's own
    name, never the path to it, which may name a person. What is unknown is left out.
    """
    found = {"repository": _name_of(folder), "branch": _text(branch)}
    if found["branch"] == DETACHED:
        found["branch"] = ""
    return {key: value[:LONGEST] for key, value in found.items() if value}


def _name_of(folder: Any) -> str:
    text = _text(folder)
    kind = PureWindowsPath if "\\" in text else PurePosixPath
    return kind(text).name


def _text(value: Any) -> str:
    """Without control characters, which no store takes."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable())
