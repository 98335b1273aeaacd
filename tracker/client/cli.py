"""`token-budget`: what people run, and what Claude Code runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from tracker.client.config import Config
from tracker.client.following import commands as following
from tracker.client.installing import commands as installing
from tracker.client.spend import add_spend

DEFAULT_URL = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # `token-budget spend | head`: who read has enough. Python flushes once more at
        # its end, and would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="token-budget",
        description="Run a program through the gateway of a Token Budget server, send "
        "the sessions of coding agents to it, show what they cost, or report the "
        "context window of Claude Code. The environment variables "
        "TOKEN_BUDGET_URL and TOKEN_BUDGET_KEY name the server and the API key.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    line = commands.add_parser(
        "statusline",
        help="print a gauge and report the context window",
        description="Run by Claude Code as its status line. Reads Claude Code's JSON "
        "on standard input, prints a gauge, and reports in the background.",
    )
    line.add_argument(
        "--no-report", action="store_true", help="print the gauge, report nothing"
    )
    line.set_defaults(run=_statusline)
    hook = commands.add_parser(
        "hook",
        help="report a compaction",
        description="Run by Claude Code after a compaction (PostCompact hook). Prints "
        "nothing and reports in the background.",
    )
    hook.set_defaults(run=_hook)
    tell = commands.add_parser(
        "tell",
        help="tell the agent how full its window is",
        description="Run by Claude Code with each prompt (UserPromptSubmit hook). From "
        "80 % on it prints a line that Claude Code shows to the model.",
    )
    tell.set_defaults(run=_tell)
    installing.add_commands(commands)
    _add_wrap(commands)
    following.add_commands(commands)
    add_spend(commands)
    deliver = commands.add_parser("deliver")  # run by the two above, in the background
    deliver.add_argument("kind", choices=["usage", "compaction"])
    deliver.set_defaults(run=_deliver)
    return parser


def _add_wrap(commands: Any) -> None:
    wrap = commands.add_parser(
        "wrap",
        help="run a program whose model calls go through the gateway",
        description="Run COMMAND (claude, codex, opencode, gemini, qwen, aider, or any "
        "program with a configurable base URL) so that its model calls go through the "
        "gateway. Nothing on disk changes.",
    )
    wrap.add_argument("--url", help="address of the server (TOKEN_BUDGET_URL)")
    wrap.add_argument(
        "--key", help="key with the scope gateway (TOKEN_BUDGET_GATEWAY_KEY)"
    )
    wrap.add_argument(
        "--show", action="store_true", help="print the environment, run nothing"
    )
    wrap.add_argument("program", metavar="COMMAND")
    wrap.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…")
    wrap.set_defaults(run=_wrap)


def _wrap(options: argparse.Namespace) -> int:
    from tracker.client.wrap import wrap

    url = Config.of(options.url).url or DEFAULT_URL
    key = options.key or os.environ.get("TOKEN_BUDGET_GATEWAY_KEY", "")
    command = [options.program, *options.arguments]
    return wrap(url, key.strip(), command, shows=options.show)


def _statusline(options: argparse.Namespace) -> int:
    """The gauge comes first, whatever happens to the report."""
    from tracker.client.claude_code.background import start
    from tracker.client.claude_code.compaction_trigger import compact_at_tokens
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
    report = report_of(line, compact_at_tokens=compact_at_tokens(line.project))
    is_told = is_told_by_telemetry(os.environ, config.url)
    if report and config.is_on and not (options.no_report or is_told):
        start("usage", report)
    return 0


def _hook(_options: argparse.Namespace) -> int:
    """Prints nothing and never fails: Claude Code would show that to the model."""
    from tracker.client.claude_code.background import start
    from tracker.client.claude_code.settings import HOOK

    hook = _stdin_json()
    if (
        isinstance(hook, dict)
        and hook.get("hook_event_name") == HOOK
        and hook.get("session_id")
        and Config.of().is_on
    ):
        start("compaction", hook)
    return 0


def _tell(_options: argparse.Namespace) -> int:
    """Never fails: Claude Code would hold up the prompt."""
    from tracker.client.claude_code.tell import words_for_agent

    if words := words_for_agent(_stdin_json()):
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real file
        print(words)
    return 0


def _stdin_json() -> Any:
    try:
        return json.loads(sys.stdin.buffer.read() or b"null")
    except (ValueError, RecursionError):
        return None


def _deliver(options: argparse.Namespace) -> int:
    from tracker.client.claude_code.background import deliver

    return 0 if deliver(options.kind, _stdin_json()) else 1


if __name__ == "__main__":
    sys.exit(main())
