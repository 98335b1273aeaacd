"""Behind TLS: Django's own deployment check is silent, cookies are secure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANAGE = Path(__file__).parents[1] / "manage.py"


def run(tmp_path: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("TOKEN_BUDGET") and k != "DJANGO_SETTINGS_MODULE"
    }
    return subprocess.run(
        [sys.executable, *command],
        env=clean | {"TOKEN_BUDGET_DATA": str(tmp_path)} | env,
        capture_output=True, text=True, timeout=60, cwd=MANAGE.parent,
    )  # fmt: skip


def test_the_deployment_check_is_clean_behind_tls(tmp_path: Path) -> None:
    done = run(
        tmp_path, str(MANAGE), "check", "--deploy", "--fail-level", "WARNING",
        TOKEN_BUDGET_BEHIND_TLS="1", TOKEN_BUDGET_ALLOWED_HOSTS="budget.example",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        ({}, "False False"),
        ({"TOKEN_BUDGET_HSTS_SUBDOMAINS": "1"}, "True False"),
        ({"TOKEN_BUDGET_HSTS_PRELOAD": "1"}, "False True"),
    ],
)
def test_what_hsts_says_of_other_sites_is_asked_for_one_by_one(
    tmp_path: Path, switches: dict[str, str], said: str
) -> None:
    code = (
        "from budget_site import settings as s\n"
        "print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    )

    done = run(tmp_path, "-c", code, TOKEN_BUDGET_BEHIND_TLS="1", **switches)

    assert done.stdout.strip() == said, done.stderr


def test_a_page_behind_tls_says_so_to_the_browser(
    client: object, settings: object, db: None
) -> None:
    from django.test import Client

    settings.SECURE_HSTS_SECONDS = 31_536_000  # type: ignore[attr-defined]  # pytest-django's
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]  # pytest-django's
    answer = Client().get("/login/", headers={"X-Forwarded-Proto": "https"})

    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("kind", ["text", "json"])
def test_log_lines_carry_no_error_text(tmp_path: Path, kind: str) -> None:
    code = (
        "import django; django.setup(); import logging\n"
        "from tracker.changes.request_context import begin\n"
        "begin('req-7')\n"
        "logging.getLogger('tracker.x').warning('plain line')\n"
        "try:\n    raise ValueError('what a client wrote')\n"
        "except ValueError:\n    logging.getLogger('tracker.x').exception('failed')\n"
    )
    done = run(
        tmp_path, "-c", code,
        TOKEN_BUDGET_LOG_FORMAT=kind, DJANGO_SETTINGS_MODULE="budget_site.settings",
    )  # fmt: skip

    assert done.returncode == 0
    assert done.stderr.count("req-7") == 2 and "plain line" in done.stderr
    if kind == "json":
        assert "what a client wrote" not in done.stderr
        assert '"error": "builtins.ValueError"' in done.stderr
