"""Does a request go on where the last one ended, or from an earlier message?

Each line names the line it follows (`parentUuid`). A person who rewinds, or a question
asked aside, hangs a new line on an old one; the abandoned lines stay in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tracker.sources.transcripts.claude_code.lines import (
    DECODER,
    Line,
    content_tokens,
    said_by,
)
from tracker.sources.transcripts.claude_code.messages import own_lane
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.window import Window

_MOST_LINES = 1024  # between two requests; older ones are forgotten


class Branches(msgspec.Struct):
    """Where the lines of one lane hang, since its last request.

    `tip`: the last request's own lines and what follows them. `entry`: lines that hang
    on an older one, `came_from`. `side`: a branch that was taken, its first request
    told as rewound; whether the conversation goes on there is not known yet.
    """

    tip: dict[str, None] = {}
    entry: dict[str, None] = {}
    side: dict[str, None] = {}
    came_from: str = ""
    history_before: int = 0  # of the window, when `entry` began
    messages_before: int = 0
    # The last answer taken for a helper's. Where a person goes on from it, it was the
    # conversation's own, asked of another model.
    helper: str = ""
    helper_model: str = ""

    def observe(self, line: Line, window: Window) -> None:
        """Remember where the line hangs. Lines without a name are not part of it."""
        name, parent = line.uuid, line.parent_uuid
        if self.helper and parent == self.helper and line.type == "user":
            window.model, self.helper = self.helper_model, ""
        if not name or name in self.tip or name in self.side or name in self.entry:
            return
        for lines in (self.entry, self.side, self.tip):
            if parent in lines:
                break
        else:
            lines = self.tip
            if parent and self.tip:
                lines = self.entry = {}
                self.came_from = parent
                self.history_before = window.history_tokens
                self.messages_before = window.message_count
        lines[name] = None
        if len(lines) > _MOST_LINES:
            del lines[next(iter(lines))]

    def begin(self, name: str | None = None) -> None:
        """A request, or a new window, from which the conversation goes on."""
        self.tip = {name: None} if name else {}
        self.entry, self.side, self.came_from = {}, {}, ""

    def step_aside(self) -> None:
        """This request follows an older line."""
        self.side, self.entry, self.came_from = self.entry, {}, ""


@dataclass(frozen=True, slots=True)
class Held:
    """What the window held where a branch begins, in tokens and messages."""

    history_tokens: int
    messages: int


def held_at(
    file: GrowingFile, window: Window, branches: Branches, *, end: int
) -> Held | None:
    """What stands up to the line `branches` came from, and in the branch itself.

    None where that line is not among those of the window, before byte `end`: then
    nothing shows that the conversation went back.
    """
    tokens = messages = 0
    last_answer: str | None = None
    for _, raw in file.lines_between(window.start, end):
        line = decode_line(raw, DECODER)
        if line is None or own_lane(line) != window.lane:
            continue
        message = said_by(line)
        if message is not None:
            is_more = line.type == "assistant" and message.id == last_answer
            last_answer = message.id if line.type == "assistant" else last_answer
            tokens += content_tokens(message.content)
            messages += not is_more
        if line.uuid == branches.came_from:
            break
    else:
        return None
    return Held(
        tokens + max(0, window.history_tokens - branches.history_before),
        messages + max(0, window.message_count - branches.messages_before),
    )
