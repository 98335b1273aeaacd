"""What a client's own file tells: how its session files are known and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tracker.sources.transcripts.agents.conversations import Conversations

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """One coding agent. To read another one, write a file with one of these.

    `files` and `beside` are patterns of paths (`fnmatch`, `*` also matches `/`).
    `files` are looked at in the folders that are given; `beside` are read with them
    or say nothing of tokens, and are passed over without a word. `sniff` gets the path
    and its first records (none if the file is not JSON lines) and answers whether the
    client wrote it. `read` tells all that the file holds, from its start; what was
    told before is left out by the reader. `home` is where the client keeps its
    sessions, below the home folder.
    """

    name: str  # `origin` of its reports: "gemini_cli"
    label: str  # "Gemini CLI"
    files: tuple[str, ...]
    sniff: Callable[[Path, list[Record]], bool]
    read: Callable[[Path, Conversations], None]
    home: str  # "": in each project's own folder
    beside: tuple[str, ...] = ()

    def may_read(self, path: str) -> bool:
        return any(fnmatch(path, pattern) for pattern in self.files)

    def reads_beside(self, path: str) -> bool:
        return any(fnmatch(path, pattern) for pattern in self.beside)
