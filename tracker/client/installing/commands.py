"""`token-budget install CLIENT` and `uninstall CLIENT`."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracker.client.config import Config
from tracker.client.installing.changes import Change, Installed, InstallError, write
from tracker.client.installing.clients import CLIENTS, copilot_lines

CLAUDE_CODE = "claude-code"
COPILOT = "copilot"
NAMES = (CLAUDE_CODE, *CLIENTS, COPILOT)


def add_commands(commands: Any) -> None:
    install = commands.add_parser(
        "install",
        help="show or write the settings that make a client report",
        description="Show the settings that make a client report. With --write, add "
        "them to its files; uninstall puts back each byte.",
    )
    install.add_argument("client", choices=NAMES)
    install.add_argument("--url", help="address of the server (TOKEN_BUDGET_URL)")
    install.add_argument("--key", help="API key with scope ingest (TOKEN_BUDGET_KEY)")
    install.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="Claude Code's settings file (~/.claude/settings.json)",
    )
    install.add_argument(
        "--telemetry",
        action="store_true",
        help="also switch on Claude Code's OpenTelemetry events",
    )
    install.add_argument(
        "--tell-agent",
        action="store_true",
        help="also tell Claude Code's model itself when its window is 80 %% full",
    )
    install.add_argument(
        "--write", action="store_true", help="write the files instead of showing them"
    )
    install.add_argument(
        "--backup",
        action="store_true",
        help="also keep a copy beside each old file (always for Claude Code)",
    )
    install.add_argument(
        "--force",
        action="store_true",
        help="replace Claude Code settings that this command did not write",
    )
    install.set_defaults(run=_install)
    uninstall = commands.add_parser(
        "uninstall",
        help="put back a client's files as they were before install",
        description="Put back each file that install has changed, byte for byte.",
    )
    uninstall.add_argument("client", choices=NAMES)
    uninstall.add_argument(
        "--force", action="store_true", help="also files that have changed since"
    )
    uninstall.set_defaults(run=_uninstall)


def _install(options: argparse.Namespace) -> int:
    """0, 1 if the files cannot be used, 2 without a server."""
    config = Config.of(options.url, options.key)
    if options.client == CLAUDE_CODE:
        from tracker.client.claude_code.install import install

        return install(
            config,
            options.settings,
            telemetry=options.telemetry,
            writes=options.write,
            force=options.force,
            tells=options.tell_agent,
        )
    if not config.is_on:
        print("No server given. Use --url and --key, or set TOKEN_BUDGET_URL and")
        print("TOKEN_BUDGET_KEY.")
        return 2
    if options.client == COPILOT:
        print("# Copilot reads these from the environment alone: add them to the file")
        print("# your shell begins with.")
        print(copilot_lines(config))
        return 0
    try:
        _apply(options, CLIENTS[options.client](config))
    except (InstallError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _apply(options: argparse.Namespace, found: Sequence[Change]) -> None:
    needed = [change for change in found if change.is_needed]
    if not needed:
        print("Everything is there already.")
        return
    if not options.write:
        print("# This would change; --write does it, uninstall takes it back:")
        for change in needed:
            print("\n".join(change.shown()))
        return
    Installed(options.client).note(needed)
    for change in needed:
        if options.backup and change.before is not None:
            copy = change.path.with_name(
                f"{change.path.name}.backup-{time.strftime('%Y%m%d-%H%M%S')}"
            )
            shutil.copy2(change.path, copy)
            print(f"Copied: {copy}")
        write(change.path, change.after)
        print(f"Written: {change.path}")


def _uninstall(options: argparse.Namespace) -> int:
    if options.client == COPILOT:
        print("Take the lines out of the file your shell begins with.")
        return 0
    try:
        print("\n".join(Installed(options.client).restore(force=options.force)))
    except (InstallError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
