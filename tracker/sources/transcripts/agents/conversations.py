"""All that one file of a client tells: its sessions, their lanes and titles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.agents.conversation import Conversation
from tracker.sources.transcripts.agents.records import (
    Record,
    read_document,
    read_lines,
)
from tracker.sources.transcripts.agents.stores.parents import root_of
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.titles import Title, prompt_title, title_of
from tracker.sources.transcripts.turns import valid_key


class Conversations:
    """All lanes that one file tells of, by session and agent, and their titles."""

    def __init__(self, origin: str, news: TranscriptNews) -> None:
        self.news = news
        self.titles: dict[str, Title] = {}
        self._origin = origin
        self._lanes: dict[tuple[str, str], Conversation] = {}

    def records(self, path: Path) -> Iterator[Record]:
        """The records of a file of JSON lines; any other line counts as malformed.
        OSError if unreadable.
        """
        for record in read_lines(path):
            if record is None:
                self.news.malformed_lines += 1
            else:
                yield record

    def document(self, path: Path) -> Record | None:
        """A file that is one JSON object; any other counts as a malformed line."""
        document = read_document(path)
        if isinstance(document, dict):
            return document
        self.news.malformed_lines += 1
        return None

    def of(self, session: str, agent: str = "", *, lane: str = "") -> Conversation:
        """The lane of `agent` ("" is the main agent) in `session`, made if new. `lane`
        is its name where the client's requests beside the conversation have one.
        """
        key = valid_key(session[:255]) or "session"
        lane = lane or (agent_lane(agent) if agent else MAIN_LANE)
        found = self._lanes.get((key, lane))
        if found is None:
            found = Conversation(key, lane, self._origin, self.news)
            self._lanes[key, lane] = found
            self.titles.setdefault(key, Title())
        return found

    def of_family(
        self, parents: Mapping[str, str | None], key: str, *, name: str
    ) -> Conversation:
        """The lane of session `key`, a sub-agent's where `parents` names one above it:
        `name` is the title of the one, what the other was asked to do.
        """
        root = root_of(parents, key)
        if root == key:
            self.title(root, given=name)
            return self.of(root)
        lane = self.of(root, key)
        lane.agent(description=name)
        return lane

    def title(self, session: str, *, given: str = "", prompt: Any = None) -> None:
        """A session's name by the client, or the first thing that was typed."""
        title = self.titles.setdefault(valid_key(session[:255]) or "session", Title())
        title.made = title_of(given) or title.made
        title.prompt = title.prompt or prompt_title(prompt)

    def begin_anew(self, news: TranscriptNews) -> None:
        """Put later reports into other `news`."""
        self.news = news
        for lane in self._lanes.values():
            lane.news = news

    def flush(self) -> None:
        for lane in self._lanes.values():
            lane.flush()
            if (held := lane.held()) is not None:
                self.news.continuations.append(held)

    def compose(self) -> None:
        """Add what fills each window that had a request."""
        for lane in self._lanes.values():
            lane.window.compose(self.news)

    @property
    def names(self) -> dict[str, str]:
        return {session: title.best for session, title in self.titles.items()}
