"""Keeps reports on disk while the server cannot be reached."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
_CLAIM = ".claimed"
_STALE_SECONDS = 600  # a claim this old belongs to a process that died
_count = itertools.count()


class Spool:
    """A folder of files, each the body of one request, oldest first.

    Several processes share it: a file is claimed by renaming it, so that one of them
    sends it. Over `max_bytes` the oldest go; where the folder cannot be written
    `add` answers False. Files are the user's own (0600): they may hold texts.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def add(self, body: bytes) -> bool:
        """Keep one body. False if it could not be written."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(_count)}.json"
        temporary = self._folder / f".{name}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
            temporary.rename(self._folder / name)
            self._make_room()
        except OSError:
            return False
        return True

    def claim(self) -> Claim | None:
        """The oldest body, for the caller alone; None if there is none."""
        for path in self._files():
            claimed = path.with_name(path.name.removesuffix(_CLAIM) + _CLAIM)
            try:
                os.rename(path, claimed)
                os.utime(claimed)
                return Claim(claimed, claimed.read_bytes())
            except OSError:  # another process was faster
                continue
        return None

    def is_empty(self) -> bool:
        return not self._files()

    def _files(self) -> list[Path]:
        """What may be sent: files, and claims whose owner is long gone."""
        try:
            names = sorted(os.listdir(self._folder))
        except OSError:
            return []
        paths = [self._folder / name for name in names if not name.startswith(".")]
        return [path for path in paths if _is_free(path)]

    def _make_room(self) -> None:
        sizes = [(path, path.stat().st_size) for path in self._files()]
        total = sum(size for _, size in sizes)
        for path, size in sizes:
            if total <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


class Claim:
    """A claimed body: sent and gone, or given back for the next try."""

    def __init__(self, path: Path, body: bytes) -> None:
        self.body = body
        self._path = path

    def done(self) -> None:
        self._path.unlink(missing_ok=True)

    def give_back(self) -> None:
        try:
            self._path.rename(
                self._path.with_name(self._path.name.removesuffix(_CLAIM))
            )
        except OSError:
            return  # it stays claimed, and is free again once the claim is stale


def _is_free(path: Path) -> bool:
    if not path.name.endswith(_CLAIM):
        return path.name.endswith(".json")
    try:
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    except OSError:
        return False
