"""Keeps batches of reports on disk while the server takes none."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from pathlib import Path

from tracker.client.json_bodies import split_reports

MAX_BYTES = 32 * 1024 * 1024
_SUFFIX = ".json"
_CLAIMED = ".claimed-"
_STALE_SECONDS = 600  # a claim this old belongs to a process that died
_count = itertools.count()


class Spool:
    """A folder of files, each the body of one request, sent oldest first.

    Several processes may share the folder. A process claims a file by renaming it, so
    that only one of them sends it; the claim of a process that died is free again
    after ten minutes. When the files hold more than about `max_bytes` the oldest are
    deleted. Files may hold texts: only the user can read them (mode 0600).
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self.reset()

    def reset(self) -> None:
        """Forget which files are this process's own; a forked child has none."""
        self._own: set[str] = set()
        self._listed: deque[Path] = deque()
        self._unmeasured = self._max_bytes  # the first `add` measures the folder

    def add(self, body: bytes) -> int:
        """Keep one body, on disk when this returns.

        Answers how many older reports were deleted to make room. Raises OSError if
        the body could not be written; then nothing of it stays behind.
        """
        identity = f"{next(_count):06d}-{os.urandom(8).hex()}{_SUFFIX}"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{_now()}-{identity}"
        temporary = path.with_name(f".{path.name}")
        try:
            _write(temporary, body)
            temporary.rename(path)
        except OSError:
            # A full disk would keep half a file for good: nobody reads hidden ones.
            temporary.unlink(missing_ok=True)
            raise
        self._own.add(identity)
        return self._make_room(len(body))

    def claim(self) -> Claim | None:
        """The oldest body, which no other caller gets now; None if there is none."""
        # First what the last look at the folder found: after a long outage, a look at
        # 30,000 files before each of 30,000 claims would take hours.
        for is_new_look in (False, True):
            if is_new_look:
                self._listed = deque(self._free_files())
            while self._listed:
                if claim := _claim(self._listed.popleft()):
                    return claim
        return None

    def give_back(self, claim: Claim, *, last: bool = False) -> None:
        """Let the body be claimed again: in its place, or `last` of all."""
        name = claim.path.name.partition(_CLAIMED)[0]
        if last:
            name = f"{_now()}-{_identity(name)}"
        self._listed.clear()
        try:
            claim.path.rename(claim.path.with_name(name))
        except OSError:
            return  # It stays claimed, and is free again when the claim is stale.

    def is_empty(self) -> bool:
        """Whether nothing can be claimed now."""
        return not self._free_files()

    def holds_own(self) -> bool:
        """Whether a body added by this process is still here, also as a claim."""
        if self._own:
            self._own &= {_identity(name) for name in self._names()}
        return bool(self._own)

    def _names(self) -> list[str]:
        try:
            names = sorted(os.listdir(self._folder))
        except OSError:
            return []
        return [name for name in names if not name.startswith(".")]

    def _free_files(self) -> list[Path]:
        """Files to send, oldest first, and claims of processes that died."""
        paths = [self._folder / name for name in self._names()]
        return [path for path in paths if _is_free(path)]

    def _make_room(self, added: int) -> int:
        """How many reports were deleted. Looks only after every 16th of `max_bytes`:
        to measure 30,000 files for each batch would take a whole core.
        """
        self._unmeasured += added
        if self._unmeasured < self._max_bytes // 16:
            return 0
        self._unmeasured = 0
        files = [(path, _size(path)) for path in self._free_files()]
        total = sum(size for _, size in files)
        deleted = 0
        for path, size in files:
            if total <= self._max_bytes:
                break
            deleted += _delete(path)
            total -= size
        return deleted


class Claim:
    """A body that this process alone may send."""

    def __init__(self, path: Path, body: bytes) -> None:
        self.path = path
        self.body = body

    def done(self) -> None:
        """Its reports are stored, refused or kept elsewhere: delete the file."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return  # It is sent once more when stale; ids make that harmless.


def _now() -> str:
    return f"{time.time_ns():020d}"


def _identity(name: str) -> str:
    """The part of a file's name that stays the same while it moves."""
    return name.partition(_CLAIMED)[0].partition("-")[2]


def _write(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())  # Else a power failure leaves an empty file.


def _claim(path: Path) -> Claim | None:
    """None if another process was faster.

    A claim gets a name of its own, so that two processes cannot take over the same
    stale claim. It is touched before it is renamed: a file that waited for an hour
    would look like a stale claim to others until then.
    """
    name = path.name.partition(_CLAIMED)[0]
    claimed = path.with_name(f"{name}{_CLAIMED}{os.urandom(4).hex()}")
    try:
        os.utime(path)
        path.rename(claimed)
        return Claim(claimed, claimed.read_bytes())
    except OSError:
        return None


def _is_free(path: Path) -> bool:
    if _CLAIMED not in path.name:
        return path.name.endswith(_SUFFIX)
    try:
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # Another process has sent and deleted it.
        return 0


def _delete(path: Path) -> int:
    """How many reports that lost: 0 if another process has taken the file."""
    try:
        body = path.read_bytes()
        path.unlink()
    except OSError:
        return 0
    reports = split_reports(body)
    return 1 if reports is None else len(reports)
