"""Finding session files: in folders and behind links, and what was passed over."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from stat import S_ISREG

from tracker.domain.conversation.text.visible_text import visible
from tracker.sources.transcripts.agents.registry import (
    is_read_beside,
    may_be_a_session,
)
from tracker.sources.transcripts.finding.looks import Look, look_at

# Called with a path that is not read, and the reason.
PassedOver = Callable[[str, str], object]

ENDINGS = (".jsonl", ".jsonl.zst")
_READ_WITH_ITS_AGENT = ".meta.json"
OTHER_KIND = "another kind of file"
NO_PERMISSION = "no permission to read"
BROKEN_LINK = "a link to nowhere"
GONE = "gone meanwhile"
# No database or page can hold such a path: one file would end the reading of all.
NO_TEXT = "a name that is no UTF-8"


def transcript_files(
    paths: Iterable[str | Path], *, passed_over: PassedOver | None = None
) -> Iterator[tuple[str, Look]]:
    """The given files, and what may be a session's file in the given folders, each with
    how it looks.

    That is every `*.jsonl` and `*.jsonl.zst`, and the databases and documents that a
    client of `agents/registry.py` names. In stable order: a session's own file comes
    before those of its sub-agents. Links are followed, each folder is visited once: a
    link in a circle ends there. What is not taken is named to `passed_over`, with the
    reason. FileNotFoundError for a path that does not exist.
    """
    for path in paths:
        yield from transcript_looks(Path(path), passed_over=passed_over)


def transcript_looks(
    path: Path, *, passed_over: PassedOver | None = None
) -> Iterator[tuple[str, Look]]:
    """The same for one path, each file as a string with its size, time and inode. Cheap
    enough to call often: 5,000 files take about 20 ms.
    """
    tell = passed_over or _nobody
    if not is_text(str(path)):
        tell(shown_path(str(path)), NO_TEXT)
        return
    if not path.is_dir():
        yield str(path), look_at(str(path), path.stat())
        return
    folders = [os.fspath(path)]
    visited: set[tuple[int, int]] = set()
    while folders:
        found = _entries(folders.pop(), visited, tell)
        folders.extend(entry.path for entry in reversed(found) if _is_folder(entry))
        for entry in found:
            if entry.name.endswith(ENDINGS) or may_be_a_session(entry.path):
                yield from _file(entry, tell)
            elif passed_over is not None and _is_other_file(entry):
                tell(entry.path, f"{OTHER_KIND} ({_ending(entry.name)})")


def _entries(
    folder: str, visited: set[tuple[int, int]], tell: PassedOver
) -> list[os.DirEntry[str]]:
    """What is in a folder by name; nothing of one that was visited or is closed."""
    try:
        stat = os.stat(folder)
        if (stat.st_dev, stat.st_ino) in visited:
            return []
        visited.add((stat.st_dev, stat.st_ino))
        with os.scandir(folder) as entries:
            every = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        tell(folder, why_unreadable(error))
        return []
    for entry in every:
        if not is_text(entry.name):
            tell(shown_path(entry.path), NO_TEXT)
    return [entry for entry in every if is_text(entry.name)]


def why_unreadable(error: OSError) -> str:
    """An error of opening or reading a file, in a few words."""
    if isinstance(error, PermissionError):
        return NO_PERMISSION
    if isinstance(error, FileNotFoundError):
        return GONE
    return (error.strerror or str(error) or type(error).__name__).lower()


def is_text(name: str) -> bool:
    """Whether a name on disk is UTF-8; Linux allows any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown_path(path: str) -> str:
    """A path as it may be printed: what would move the cursor is spelled out."""
    if not is_text(path):
        path = os.fsencode(path).decode("utf-8", "replace")
    return visible(path)


def _file(entry: os.DirEntry[str], tell: PassedOver) -> Iterator[tuple[str, Look]]:
    try:
        stat = entry.stat()
    except FileNotFoundError:
        tell(entry.path, BROKEN_LINK if entry.is_symlink() else GONE)
    except OSError as error:
        tell(entry.path, why_unreadable(error))
    else:
        if S_ISREG(stat.st_mode):
            yield entry.path, look_at(entry.path, stat)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_other_file(entry: os.DirEntry[str]) -> bool:
    is_beside = entry.name.endswith(_READ_WITH_ITS_AGENT) or is_read_beside(entry.path)
    return not is_beside and not _is_folder(entry)


def _ending(name: str) -> str:
    return visible(os.path.splitext(name)[1]) or "no ending"


def _nobody(path: str, reason: str) -> None:
    """The default for `passed_over`: ignores it."""
