"""A browser can install the site, and keeps no private page for it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders


def test_the_manifest_names_the_start_and_icons_that_exist(client: Any) -> None:
    answer = client.get("/manifest.webmanifest")
    told = answer.json()

    assert answer["Content-Type"] == "application/manifest+json"
    assert (told["start_url"], told["scope"], told["display"]) == (
        "/", "/", "standalone",
    )  # fmt: skip
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert isinstance(found, str)
        width, height = struct.unpack(">II", Path(found).read_bytes()[16:24])
        assert icon["sizes"] == f"{width}x{height}"


def test_every_page_leads_to_it_and_starts_no_worker(client: Any) -> None:
    said = client.get("/login/", follow=True).content.decode()

    assert '<link rel="manifest" href="/manifest.webmanifest">' in said
    scripts = Path("static/tracker").rglob("*.js")
    assert not any("serviceWorker" in path.read_text("utf-8") for path in scripts)
