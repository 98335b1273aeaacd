"""What the first start says: link, password, key, and how to send a first report."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.conf import settings

from budget_site.path_prefix import site_link
from tracker.changes.access.first_start import FirstStart

# The same as in README.md and on the first page: 83.2 % of 196,000 tokens.
FIRST_REPORT = (
    '{"session": "hello", "tokens": {"system": 2000, "history": 157172, '
    '"user_context": 3000, "tools": 900}}'
)


FIRST_START = "first_start.txt"  # in the data folder


# The command is beside this Python and not on PATH: a bare name would not be found.
TOKEN_BUDGET = Path(sys.executable).with_name("token-budget")


def first_words(address: str, first: FirstStart) -> str:
    link = site_link(address, "login-link", first.login_token)
    return (
        f"\nToken Budget is ready.  (Ctrl-C ends it)\n\n"
        f"  Open        {link}\n"
        f"              (logs you in once; later: {first.username} / "
        f"{first.password} at {address})\n"
        f"  API key     {first.api_key}\n"
        f"  Data        {settings.DATA_DIR}\n\n"
        f"Run your agent through the gateway (or codex, opencode, any command):\n\n"
        f"{TOKEN_BUDGET} wrap --url {address} --key {first.gateway_key} claude\n\n"
        f"Or report a first session:\n\n"
        f"curl {address}/api/v1/usage \\\n"
        f"  -H 'Authorization: Bearer {first.api_key}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{FIRST_REPORT}'\n"
    )


def kept_for_owner(said: str) -> Path:
    path = Path(settings.DATA_DIR) / FIRST_START
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(said)
    return path
