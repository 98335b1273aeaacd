"""Repository and branch of a session: names, never the path of somebody's home."""

from __future__ import annotations

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
