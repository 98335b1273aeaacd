"""`token-budget install claude-code`: shows or writes the settings."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

from tracker.client.claude_code import settings as claude_code
from tracker.client.config import Config
from tracker.client.installing.changes import Change, Installed, InstallError, read


def install(
    config: Config,
    path: Path | None,
    *,
    telemetry: bool,
    writes: bool,
    force: bool,
    tells: bool = False,
) -> int:
    """The exit code: 0, 1 if the settings file cannot be used, 2 without a server."""
    if not config.is_on:
        print("No server given. Use --url and --key, or set TOKEN_BUDGET_URL and")
        print("TOKEN_BUDGET_KEY.")
        return 2
    path = path or claude_code.settings_path()
    wanted = claude_code.wanted_settings(
        config, _own_command(), telemetry=telemetry, tells=tells
    )
    try:
        existing = claude_code.read_settings(path)
        merged, kept = claude_code.merge_settings(existing, wanted, force=force)
        if not writes:
            print(f"# Add this to {path}, or run the command again with --write:")
            print(json.dumps(wanted, indent=2))
        else:
            after = claude_code.as_text(merged)
            Installed("claude-code").note([Change(path, read(path), after)])
            backup = claude_code.write_settings(path, merged)
            copy = f" (old file kept as {backup})" if backup else ""
            print(f"Written: {path}{copy}")
    except (claude_code.SettingsError, InstallError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for name in kept:
        print(f"{name} has another value and was not changed. --force replaces it.")
    return 0


def _own_command() -> str:
    """With its full path: Claude Code's PATH may not hold this environment."""
    found = shutil.which("token-budget", path=str(Path(sys.executable).parent))
    found = found or shutil.which("token-budget")
    if found:
        return shlex.quote(found)
    return f"{shlex.quote(sys.executable)} -m tracker.client.cli"
