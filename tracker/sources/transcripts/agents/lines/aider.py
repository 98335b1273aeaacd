"""aider (`aider-chat` 0.86.2 of PyPI, its `io.py` and `base_coder.py`, read and run on
29 November 2026): `.aider.chat.history.md` in each repository, Markdown.

`> Tokens: 4.1k sent, 1.2k received.` ends each answer. The numbers are rounded, and of
a streamed answer (the default) aider's own count: they are told as estimates. `sent` of
several tries is their sum. A `cache hit` larger than `sent` was not in it. A chat
begins with its time, of no zone; it counts as UTC, and nothing later has one. A line of
an answer that begins with `>` looks like aider's own and is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import Record, moment
from tracker.sources.transcripts.plain_file import open_plain

_START = re.compile(r"# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_MODEL = re.compile(r"> (?:Main model|Model): (\S+)")
_COUNT = r"([\d.]+k?)"
_TOKENS = re.compile(
    rf"> Tokens: {_COUNT} sent(?:, {_COUNT} cache write)?(?:, {_COUNT} cache hit)?"
    rf", {_COUNT} received\."
)
_TYPED, _OWN = "####", ">"


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # it is no JSON
    with open_plain(path) as file:
        head = file.read(400).decode("utf-8", "replace")
    return _START.match(head.lstrip()) is not None


@dataclass(slots=True)
class _Chat:
    """One chat of the file: what was typed last, and what came after it."""

    session: str
    began: datetime | None
    lane: Conversation
    typed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answers: int = 0

    def types(self, line: str) -> None:
        """A line of a prompt. One without an answer was a command, or broken off."""
        self.typed = self.typed if self.typed and not self.said else []
        self.typed, self.said = [*self.typed, line.removeprefix(_TYPED).strip()], []

    def ends(self, sent: int, hit: int, received: int) -> None:
        """An answer, with its numbers as aider rounded them."""
        if self.typed:
            self.lane.say({"role": "user", "content": "\n".join(self.typed)})
        self.answers += 1
        self.lane.answered(
            f"{self.session}-{self.answers}",
            self.began,
            fresh=sent if sent < hit else sent - hit,
            read=hit,
            output=received,
            is_estimate=True,
        )
        answer = "\n".join(self.said).strip()
        self.lane.say({"role": "assistant", "content": answer})
        self.typed, self.said = [], []


def read(path: Path, conversations: Conversations) -> None:
    chat: _Chat | None = None
    with open_plain(path) as file:
        for raw in file:
            if not raw.endswith(b"\n"):
                break  # it is being written
            line = raw.decode("utf-8", "replace").rstrip()
            if found := _START.match(line):
                chat = _begun(path, found[1], conversations)
            elif chat is None:
                continue
            elif line.startswith(_TYPED):
                chat.types(line)
                conversations.title(chat.session, prompt=chat.typed[0])
            elif found := _TOKENS.match(line):
                chat.ends(*map(_number, (found[1], found[3], found[4])))
            elif found := _MODEL.match(line):
                chat.lane.window.model = found[1]
            elif not line.startswith(_OWN) and (line or chat.said or chat.typed):
                chat.said.append(line)


def _begun(path: Path, time: str, conversations: Conversations) -> _Chat:
    folder = path.absolute().parent
    session = f"aider-{folder.name}-{time.replace(' ', 'T')}"
    lane = conversations.of(session)
    lane.works_in(str(folder))
    return _Chat(session, moment(time), lane)


def _number(told: str | None) -> int:
    """`855` -> 855, `4.1k` -> 4,100, nothing -> 0."""
    if not told:
        return 0
    try:
        thousand = 1_000 if told.endswith("k") else 1
        return round(float(told.removesuffix("k")) * thousand)
    except ValueError:
        return 0


AIDER = Client(
    name="aider",
    label="aider",
    files=("*/.aider.chat.history.md",),
    sniff=sniff,
    read=read,
    home="",
    beside=("*/.aider.input.history", "*/.aider.tags.cache*"),
)
