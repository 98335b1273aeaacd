"""The guide's pictures: every page it shows, as the demo fills it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
DOCS = Path(__file__).parents[2] / "docs"
# `make screenshots` renews the pictures; a test run makes them elsewhere.
KEEP = os.environ.get("TOKEN_BUDGET_SCREENSHOTS") == "1"
LAST = "from tracker.models import {0}; print({0}.objects.order_by('{1}').last().pk)"
PAGES = {
    "overview": "/",
    "session": "/sessions/{session}/",
    "events": "/events/",
    "compressions": "/compressions/",
    "compression": "/compressions/{compression}/",
    "policy": "/policies/{policy}/",
    "integrations": "/integrations/",
}


def newest(server: Any, model: str, order: str) -> str:
    line = "import django; django.setup(); " + LAST.format(model, order)
    return server.python("-c", line).split()[-1]


def test_the_guide_shows_every_page_as_it_is(
    fresh_server: Any, visit: Any, tmp_path: Path
) -> None:
    fresh_server.python(
        "manage.py", "demo", "--fast", "--address", fresh_server.address
    )
    ids = {
        "session": newest(fresh_server, "LLMSession", "sample_count"),
        "compression": newest(fresh_server, "Compression", "facts_lost"),
        "policy": newest(fresh_server, "Policy", "pk"),
    }
    folder = DOCS / "images" if KEEP else tmp_path
    folder.mkdir(exist_ok=True)
    visitor = visit(fresh_server, color_scheme="dark")

    for name, path in PAGES.items():
        page = visitor.open(path.format(**ids))
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)  # the chart draws after its data has come
        page.screenshot(path=folder / f"{name}.png")

    shown = re.findall(r"\(images/(\w+)\.png\)", (DOCS / "guide.md").read_text())
    assert sorted(shown) == sorted(PAGES)
    assert all((DOCS / "images" / f"{name}.png").exists() for name in shown)
    assert all((folder / f"{name}.png").stat().st_size > 20_000 for name in PAGES)
