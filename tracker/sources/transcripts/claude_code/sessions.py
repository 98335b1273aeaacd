"""The sessions, lanes and titles in one Claude Code transcript."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.claude_code.branches import Branches
from tracker.sources.transcripts.claude_code.lines import Line
from tracker.sources.transcripts.claude_code.messages import own_lane
from tracker.sources.transcripts.claude_code.windows import ClientWord
from tracker.sources.transcripts.place import place_of
from tracker.sources.transcripts.titles import Title, title_of
from tracker.sources.transcripts.turns import valid_key
from tracker.sources.transcripts.window import Window

# How many tool calls and sidechain lines are remembered: more than ever run at once.
_REMEMBERED = 256
_TASK_TOOLS = ("Task", "Agent")


class AgentFacts(msgspec.Struct, rename="camel"):
    """What a sub-agent's `.meta.json`, beside its transcript, says about it."""

    agent_type: str | None = None
    description: str | None = None


def agent_metadata(path: Path) -> dict[str, str]:
    """The description of the sub-agent whose transcript `path` is; {} if unknown."""
    try:
        facts = msgspec.json.decode(
            path.with_suffix(".meta.json").read_bytes(), type=AgentFacts
        )
    except (OSError, ValueError, RecursionError):
        return {}
    return _agent(facts.description, facts.agent_type)


class SessionMemory(msgspec.Struct):
    """All that is carried from one line to the next."""

    windows: dict[str, Window] = {}  # by session and lane
    titles: dict[str, Title] = {}
    session: str = ""  # of the newest line of the main conversation
    at: datetime | None = None
    tasks: dict[str, dict[str, str]] = {}  # tool call -> the sub-agent it starts
    agents: dict[str, dict[str, str]] = {}  # lane -> its sub-agent
    sidechains: dict[str, str] = {}  # line -> lane, where the lines name no agent
    own_agent: dict[str, str] = {}
    branches: dict[str, Branches] = {}  # by session and lane, as `windows`
    words: dict[str, ClientWord] = {}
    sources: dict[str, str] = {}  # request -> what the client made it for

    def window_of(self, line: Line, start: int, file_name: str) -> Window:
        """The window of a line's session and lane, made when first met."""
        session = (
            valid_key(line.session_id)
            or self.session
            or valid_key(file_name)
            or "unknown"
        )
        lane = own_lane(line)
        if lane is None:
            lane = self._sidechain_lane(line, file_name)
        if lane == MAIN_LANE:
            self.session = session
        if session not in self.titles:
            self.titles[session] = Title()
        window = self.windows.get(f"{session}\n{lane}")
        if window is None:
            window = Window(session=session, lane=lane, start=start)
            self.windows[f"{session}\n{lane}"] = window
        if lane == MAIN_LANE:
            window.place = place_of(line.cwd, line.git_branch) or window.place
        elif not window.agent:
            window.agent = self.agents.get(lane) or self.own_agent
        return window

    def branches_of(self, window: Window) -> Branches:
        key = _key(window)
        found = self.branches.get(key)
        if found is None:
            found = self.branches[key] = Branches()
        return found

    def word_of(self, window: Window) -> ClientWord:
        """What the client said of this window's size."""
        key = _key(window)
        found = self.words.get(key)
        if found is None:
            found = self.words[key] = ClientWord()
        return found

    def remember_source(self, line: Line) -> None:
        if line.id and line.query_source:
            _remember(self.sources, line.id, line.query_source)

    def main_window(self, session: str | None) -> Window | None:
        """The main conversation's, None before anything was said in it."""
        return self.windows.get(f"{valid_key(session) or self.session}\n{MAIN_LANE}")

    def name_session(self, line: Line, file_name: str) -> None:
        """A title the client or a person gave.

        A `summary` before any message names another, older session: Claude Code
        leaves it in the file that happens to be open.
        """
        if line.type == "summary":
            if self.session and line.summary:
                self.titles[self.session].made = title_of(line.summary)
            return
        if line.type not in ("custom-title", "ai-title"):
            return
        session = valid_key(line.session_id) or self.session or valid_key(file_name)
        if not session:
            return
        title = self.titles.setdefault(session, Title())
        if line.custom_title:
            title.given = title_of(line.custom_title)
        elif line.ai_title:
            title.made = title_of(line.ai_title)

    def remember_tasks(self, content: Any) -> None:
        """Which sub-agents an assistant message starts, by tool call."""
        for block in content if isinstance(content, list) else ():
            if not isinstance(block, dict) or str(block.get("name")) not in _TASK_TOOLS:
                continue
            given = block.get("input")
            call = block.get("id")
            if isinstance(given, dict) and isinstance(call, str):
                agent = _agent(given.get("description"), given.get("subagent_type"))
                _remember(self.tasks, call, agent)

    def _sidechain_lane(self, line: Line, file_name: str) -> str:
        """Claude Code 1.0: sidechain lines tell their agent by their ancestry alone."""
        if file_name.startswith("agent-"):
            return file_name[:255]
        lane = self.sidechains.get(line.parent_uuid or "")
        if lane is None and line.parent_uuid and self.sidechains:
            lane = next(reversed(self.sidechains.values()))
        if lane is None:
            lane = agent_lane((line.uuid or "unknown")[:8])
        _remember(self.sidechains, line.uuid or "", lane)
        return lane


def _key(window: Window) -> str:
    return f"{window.session}\n{window.lane}"


def _agent(description: Any, kind: Any) -> dict[str, str]:
    facts = {"agent": description, "agent_type": kind}
    return {key: title_of(value) for key, value in facts.items() if _is_text(value)}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _remember(known: dict[str, Any], key: str, value: Any) -> None:
    """Set, and forget the oldest beyond what is remembered."""
    known[key] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
