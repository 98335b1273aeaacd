"""`token-budget`: the commands that Claude Code runs, and the one that sets them up."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tracker.client.claude_code import settings as claude_code
from tracker.client.config import Config

SEND_SECONDS = 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    answer: int = options.run(options)
    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="token-budget",
        description="Report Claude Code's context window to a token budget server. "
        "TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY say which.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    line = commands.add_parser("statusline", help="print a gauge, report the window")
    line.add_argument("--no-report", action="store_true", help="print only")
    line.set_defaults(run=_statusline)
    hook = commands.add_parser("hook", help="report a compaction (PostCompact hook)")
    hook.set_defaults(run=_hook)
    install = commands.add_parser("install", help="show or write a client's settings")
    install.add_argument("client", choices=["claude-code"])
    install.add_argument("--url", help="the server (else TOKEN_BUDGET_URL)")
    install.add_argument("--key", help="an API key (else TOKEN_BUDGET_KEY)")
    install.add_argument("--settings", type=Path, help="another settings.json")
    install.add_argument(
        "--telemetry", action="store_true", help="OpenTelemetry events too"
    )
    install.add_argument("--write", action="store_true", help="write, with a backup")
    install.add_argument("--force", action="store_true", help="replace others' values")
    install.set_defaults(run=_install)
    deliver = commands.add_parser("deliver")  # for the two above, in the background
    deliver.add_argument("kind", choices=["usage", "compaction"])
    deliver.set_defaults(run=_deliver)
    return parser


def _statusline(options: argparse.Namespace) -> int:
    """The gauge first, whatever happens to the report."""
    from tracker.client.claude_code.statusline import (
        gauge_line,
        is_told_by_telemetry,
        read_statusline,
        report_of,
    )

    line = read_statusline(_stdin_json())
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real file
    print(gauge_line(line, colours="NO_COLOR" not in os.environ), flush=True)
    config = Config.of()
    report = report_of(line)
    is_told = is_told_by_telemetry(os.environ, config.url)
    if report and config.is_on and not (options.no_report or is_told):
        _in_background("usage", report)
    return 0


def _hook(options: argparse.Namespace) -> int:
    """Never a word, never an error: Claude Code would show it to the model."""
    hook = _stdin_json()
    if (
        isinstance(hook, dict)
        and hook.get("hook_event_name") == claude_code.HOOK
        and hook.get("session_id")
        and Config.of().is_on
    ):
        _in_background("compaction", hook)
    return 0


def _stdin_json() -> Any:
    try:
        return json.loads(sys.stdin.buffer.read() or b"null")
    except ValueError:
        return None


def _in_background(kind: str, data: Any) -> None:
    """A process of its own: Claude Code waits for, and ends, the one it started."""
    command = [sys.executable, "-m", "tracker.client.cli", "deliver", kind]
    nothing = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(data).encode())
        process.stdin.close()
    except OSError:
        return


def _deliver(options: argparse.Namespace) -> int:
    data = _stdin_json()
    if options.kind == "usage":
        return _deliver_usage(data)
    return _deliver_compaction(data)


def _deliver_usage(report: Any) -> int:
    """One report; while the server is away it waits in the spool for the next."""
    from tracker.client.sending.spool import Spool
    from tracker.client.sending.transport import Transport

    config = Config.of()
    spool, transport = Spool(config.spool_folder), Transport(config)
    body = json.dumps([report]).encode()
    outcome = transport.send(body)
    if outcome.is_later:
        spool.add(body)
        return 1
    while claim := spool.claim():
        if transport.send(claim.body).is_later:
            claim.give_back()
            return 1
        claim.done()
    return 0


def _deliver_compaction(hook: Any) -> int:
    import httpx

    from tracker.client.claude_code.compaction_hook import (
        compression_body,
        wait_for_boundary,
    )

    config = Config.of()
    seen = wait_for_boundary(Path(str(hook.get("transcript_path") or "")))
    body = compression_body(hook, seen) if seen else None
    if body is None:
        return 1
    session = quote(str(hook["session_id"]), safe="")
    try:
        answer = httpx.post(
            config.api(f"sessions/{session}/compressions"),
            headers=config.headers,
            content=json.dumps(body).encode(),
            timeout=SEND_SECONDS,
        )
    except httpx.HTTPError:
        return 1
    return 0 if answer.is_success else 1


def _install(options: argparse.Namespace) -> int:
    config = Config.of(options.url, options.key)
    if not config.is_on:
        print("Say where to report: --url and --key, or TOKEN_BUDGET_URL and")
        print("TOKEN_BUDGET_KEY in the environment.")
        return 2
    path = options.settings or claude_code.settings_path()
    wanted = claude_code.wanted_settings(
        config, _own_command(), telemetry=options.telemetry
    )
    try:
        existing = claude_code.read_settings(path)
        merged, kept = claude_code.merge_settings(existing, wanted, force=options.force)
        if not options.write:
            print(f"# {path}: add these, or run this again with --write")
            print(json.dumps(wanted, indent=2))
        else:
            backup = claude_code.write_settings(path, merged)
            print(f"Written: {path}" + (f" (before: {backup})" if backup else ""))
    except (claude_code.SettingsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for line in kept:
        print(f"{line}; --force replaces it")
    return 0


def _own_command() -> str:
    """By its full path: Claude Code's PATH need not hold this environment."""
    found = shutil.which("token-budget", path=str(Path(sys.executable).parent))
    found = found or shutil.which("token-budget")
    if found:
        return shlex.quote(found)
    return f"{shlex.quote(sys.executable)} -m tracker.client.cli"


if __name__ == "__main__":
    sys.exit(main())
