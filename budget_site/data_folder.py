"""The folder of database, secret key and logs: TOKEN_BUDGET_DATA, else ./data."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentError, ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE = Path(__file__).resolve().parent.parent


class NoData(ImproperlyConfigured):
    """A command was run over a folder that no server has begun."""

    def __init__(self, folder: Path, command: str = "…") -> None:
        place, base = str(folder), str(Path.cwd())
        if place.startswith(f"{base}{os.sep}"):
            place = f".{place.removeprefix(base)}"
        if os.environ.get("TOKEN_BUDGET_DATA"):
            advice = "Is TOKEN_BUDGET_DATA the folder that the server was started with?"
        else:
            advice = (
                "If the server was started with DATA=…, run: "
                f"TOKEN_BUDGET_DATA=… manage.py {command}."
            )
        super().__init__(
            f"No Token Budget data in {place}. {advice} A new installation begins "
            "with: make run"
        )


def named_folder() -> Path:
    """Where the data is or would be. Makes nothing."""
    given = os.environ.get("TOKEN_BUDGET_DATA") or BASE / "data"
    return Path(given).expanduser().resolve()


def prepare_folder(arguments: Sequence[str]) -> None:
    """Make the folder for the commands that begin an installation; for its owner alone.

    For any other command a missing folder is a mistake: `manage.py login_link` without
    the server's TOKEN_BUDGET_DATA made an empty ./data, and spoke of missing tables.
    """
    folder = named_folder()
    is_named = "TOKEN_BUDGET_DATA" in os.environ or "DATABASE_URL" in os.environ
    begins = {"up", "run_cluster"} | ({"migrate"} if is_named else set())
    if not begins & set(arguments[:1]):
        return
    if arguments[0] == "up":
        _refuse_missing_transcripts(arguments[1:])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"TOKEN_BUDGET_DATA: cannot make the folder {folder}: {error.strerror}. "
            "Set it to a folder this user may write."
        ) from error


def missing_transcripts(folders: Iterable[Path]) -> str:
    """What is wrong with these folders of session files; empty where all are there."""
    missing = next((folder for folder in folders if not folder.exists()), None)
    if missing is None:
        return ""
    return (
        f"There is no folder {missing}: give the one that holds the transcripts "
        "(Claude Code's is ~/.claude/projects), or start without it."
    )


def _refuse_missing_transcripts(options: Sequence[str]) -> None:
    """Here already: the settings, read before the command is, make key and logs."""
    parser = ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--transcripts", action="append", default=[])
    try:
        given, _ = parser.parse_known_args(options)
    except ArgumentError:
        return  # the command says what is wrong with it
    if missing := missing_transcripts(Path(f).expanduser() for f in given.transcripts):
        raise ImproperlyConfigured(missing)


def data_folder() -> Path:
    """The folder, which must exist. Raises NoData."""
    folder = named_folder()
    if not folder.is_dir():
        raise NoData(folder)
    return folder


def secret_key(folder: Path) -> str:
    """TOKEN_BUDGET_SECRET_KEY, or a key made once and kept in the data folder."""
    given = os.environ.get("TOKEN_BUDGET_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(
                "TOKEN_BUDGET_SECRET_KEY has fewer than 32 characters: make one with "
                "python -c 'import secrets; print(secrets.token_urlsafe(50))'."
            )
        return given
    path = folder / "secret_key"
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot write {path}: {error.strerror}. Set TOKEN_BUDGET_SECRET_KEY, or "
            "TOKEN_BUDGET_DATA to a folder this user may write."
        ) from error
    return path.read_text().strip()
