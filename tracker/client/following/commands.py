"""`token-budget agents` and `token-budget follow`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

from tracker.client.config import Config, state_folder
from tracker.domain.conversation.text.visible_text import visible

REFUSED = (
    "The server refuses this key ({problem}). Nothing is lost: {waiting:,} reports "
    "wait in {notebook}. Make a new key for the same project (on the page of its keys, "
    "or with manage.py api_key create NAME on the server) and start again with it."
)
OTHER_PROJECT = (
    "This key is of the project {problem}, to which this machine's sessions were sent "
    "before. Use a key of that project, or --state FOLDER to send all to this one, too."
)


def add_commands(commands: Any) -> None:
    agents = commands.add_parser(
        "agents",
        help="list the coding agents of this person and their sessions",
        description="Look where each known coding agent keeps its sessions: how many "
        "there are, how large and how new, and which files are not read, and why. "
        "Nothing is sent.",
    )
    agents.set_defaults(run=_agents)
    follow = commands.add_parser(
        "follow",
        help="send the sessions of this machine's coding agents to a server",
        description="Read the session files of this machine's coding agents and send "
        "what is new, until Ctrl-C. What was read is remembered, what the server does "
        "not take waits on disk. Messages are sent only to a project that keeps them.",
    )
    follow.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="files or folders (those of all known agents)",
    )
    follow.add_argument("--to", metavar="URL", help="the server (TOKEN_BUDGET_URL)")
    follow.add_argument("--key", help="API key with scope ingest (TOKEN_BUDGET_KEY)")
    follow.add_argument(
        "--once",
        action="store_true",
        help="exit when all is sent, or no server answers",
    )
    follow.add_argument(
        "--state", type=Path, metavar="FOLDER", help="where to remember what was read"
    )
    follow.set_defaults(run=_follow)


def _agents(_options: argparse.Namespace) -> int:
    from tracker.sources.transcripts.finding.inventory import inventory

    found = list(inventory(Path.home(), os.environ))
    for each in found:
        print("\n".join(each.rows()), flush=True)
    if not found:
        print("No coding agent has left sessions here (docs/sources.md says where).")
    return 0


def _follow(options: argparse.Namespace) -> int:
    """0 when ended by Ctrl-C or with all sent, 1 if something waits or the key is
    refused, 2 if it cannot start.
    """
    from tracker.client.following.notebook import AlreadyFollowed, Notebook

    config = Config.of(options.to, options.key)
    if not config.is_on:
        _say("No server given. Use --to and --key, or set TOKEN_BUDGET_URL and")
        _say("TOKEN_BUDGET_KEY.")
        return 2
    try:
        notebook = Notebook(_notebook_path(config, options.state))
    except AlreadyFollowed as error:
        _say(f"Another process follows these sessions already ({error}).")
        return 2
    try:
        return _run(options, config, notebook)
    finally:
        notebook.close()


def _run(options: argparse.Namespace, config: Config, notebook: Any) -> int:
    from tracker.client.following.delivery import (
        AnotherProject,
        Delivery,
        KeyRefused,
    )
    from tracker.client.following.follow import Following
    from tracker.sources.transcripts.finding.homes import client_folders
    from tracker.sources.transcripts.finding.passed_over import PassedOver

    paths = options.paths or [at for _, at in client_folders(Path.home(), os.environ)]
    delivery = Delivery(config, notebook, _say)
    passed = PassedOver()
    following = Following(paths, notebook, delivery, passed_over=passed.take)
    exit_code = 0
    try:
        _say(f"Following, to {config.url}; Ctrl-C ends.")
        following.run(threading.Event(), once=options.once)
        exit_code = 1 if notebook.waiting else 0
    except KeyboardInterrupt:
        pass
    except KeyRefused as error:
        _say(
            REFUSED.format(
                problem=error, waiting=notebook.waiting, notebook=notebook.path
            )
        )
        exit_code = 1
    except AnotherProject as error:
        _say(OTHER_PROJECT.format(problem=error))
        exit_code = 2
    finally:
        delivery.close()
    for line in passed.named():
        _say(line)
    _say(
        f"Read {len(following.files):,} files, {len(following.sessions):,} sessions; "
        f"sent {delivery.stored:,} reports, {delivery.known:,} were known, "
        f"{delivery.refused.total():,} refused; {notebook.waiting:,} wait."
    )
    for reason, count in delivery.refused.most_common():
        _say(f"Refused: {count:,} × {reason}")
    return exit_code


def _notebook_path(config: Config, folder: Path | None) -> Path:
    name = sha256(config.url.encode()).hexdigest()[:16]
    return (folder or state_folder() / "follow") / f"{name}.db"


def _say(line: str) -> None:
    """Without control characters: a line may quote a server's answer, and they would
    move the terminal's cursor or change its title.
    """
    print(visible(line), file=sys.stderr, flush=True)
