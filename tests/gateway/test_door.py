"""A server loads its gateway with the first call, and nothing that it does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
import budget_site.asgi
heavy = {"aiohttp", "psycopg", "redis", "tracker.gateway.upstream.relay"}
print(*heavy & set(sys.modules))
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gateway/", False),
        ("/gateway/anthropic/v1/messages", True),
        ("/gateways/", False),
    ],
)
def test_its_page_is_no_call(path: str, expected: bool) -> None:
    from tracker.gateway.door import is_gateway

    assert is_gateway(path) is expected


def test_a_start_loads_no_driver_and_no_client_that_it_does_not_use(
    tmp_path: Path,
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "budget_site.settings",
        "TOKEN_BUDGET_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "\n"
