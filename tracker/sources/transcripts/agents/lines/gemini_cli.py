"""Gemini CLI: `~/.gemini/tmp/PROJECT/chats/session-*.jsonl`.

`input` includes what the cache held; `thoughts` stand beside `output`. A message with
tool calls is written again under its id once they are known. A compaction rewrites the
history (`$set.messages`) with ids nobody has seen in the place of others; a resume does
it with known ones. `$rewindTo` takes back a message and all behind it. A sub-agent's
file lies in a folder named after its session. Older versions write one document,
`session-*.json`, whose messages a resume by a newer one copies into lines.
"""

from __future__ import annotations

import glob
from pathlib import Path

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation, Message
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    answer,
    at,
    call,
    dicts,
    moment,
    plain_text,
    read_document,
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:
    head = records[0] if records else {}
    if path.suffix == ".json":
        head = read_document(path)
        if not isinstance(head, dict) or "messages" not in head:
            return False
    return "projectHash" in head and "sessionId" in head


def read(path: Path, conversations: Conversations) -> None:
    if path.suffix == ".json":
        document = conversations.document(path)
        records = [document] if document else []
    else:
        records = list(conversations.records(path))
    chat = _Chat(path, conversations, _final(records))
    for record in records:
        if "projectHash" in record:  # a head; each resume writes it again
            chat.begin(record)
        elif chat.lane is None:
            continue
        elif "$rewindTo" in record:
            chat.goes_back(text(record, "$rewindTo"))
        elif "$set" in record:
            chat.rewrite(dicts(at(record, "$set", "messages")))
        elif record.get("type") in ("user", "gemini"):
            chat.take(record)


def _final(records: list[Record]) -> dict[str, Record]:
    """Each message as it was written last, with the numbers that any writing of it had:
    a message may come before its numbers and calls, and a resume leaves them out.
    """
    found: dict[str, Record] = {}
    for record in records:
        whole = dicts(at(record, "messages")) + dicts(at(record, "$set", "messages"))
        for message in [*whole, *([record] if "id" in record else [])]:
            known = found.get(text(message, "id"), {})
            told = {name: value for name, value in message.items() if value}
            found[text(message, "id")] = known | told
    return found


class _Chat:
    """What one file tells of its session; `held` is what the window holds, by id."""

    def __init__(
        self, path: Path, conversations: Conversations, final: dict[str, Record]
    ) -> None:
        self.path, self.conversations, self.final = path, conversations, final
        self.lane: Conversation | None = None
        self.session = ""
        self.held: dict[str, list[Message]] = {}
        self.known: set[str] = set()

    def begin(self, record: Record) -> None:
        own = text(record, "sessionId")
        is_agent = record.get("kind") == "subagent"
        self.session = _above(self.path) if is_agent else own
        self.lane = self.conversations.of(self.session, own if is_agent else "")
        self.lane.works_in(_project(self.path, is_agent=is_agent))
        if messages := dicts(record.get("messages")):  # as older versions write all
            for message in messages:
                if message.get("type") in ("user", "gemini"):
                    self.take(message)

    def take(self, record: Record) -> None:
        """One message. Written again it says nothing more than it did."""
        lane, key = self.lane, text(record, "id")
        if lane is None or key in self.known:
            return
        record = self.final.get(key, record)
        if record.get("type") == "user" and lane.window.lane == "main":
            shown = record.get("displayContent") or record.get("content")
            self.conversations.title(self.session, prompt=shown)
        self._request(key)
        self.held[key] = said = _said(record)
        for message in said:
            lane.say(message)

    def _request(self, key: str) -> None:
        """The request that this message answers, if it has one that is not told yet."""
        record, is_known = self.final.get(key, {}), key in self.known
        self.known.add(key)
        told = at(record, "tokens")
        if self.lane is None or is_known or not isinstance(told, dict):
            return
        self.lane.answered(
            key,
            moment(record.get("timestamp")),
            fresh=_input(told) - tokens(told, "cached"),
            read=tokens(told, "cached"),
            output=tokens(told, "output") + tokens(told, "thoughts"),
            model=text(record, "model"),
        )

    def goes_back(self, key: str) -> None:
        """A person took back this message and all behind it."""
        keys = list(self.held)
        left = keys[: keys.index(key)] if key in self.held else []
        self._hold({key: self.held[key] for key in left})

    def rewrite(self, messages: list[Record]) -> None:
        """The history as it is now. A compaction puts unknown messages in the place of
        others. A resume repeats all, the results of tools as `ID_response`.
        """
        if self.lane is None or not messages:
            return
        ids = [text(message, "id") for message in messages]
        new = [key for key in ids if key.removesuffix("_response") not in self.known]
        is_shorter = bool(self.held.keys() - set(ids))
        for key in ids:
            self._request(key)
        now = {text(message, "id"): _said(message) for message in messages}
        if new and self.held and is_shorter:
            first = self.final[new[0]]
            self.lane.compacted(
                f"compacted-{new[0]}",
                moment(first.get("timestamp")),
                summary=plain_text(first.get("content")),
                after=_all(now),
            )
            self.held = now
        elif self.held and is_shorter:
            self._hold(now)
        else:
            is_first = not self.held
            for key in new:  # what the client says before the first prompt
                for said in now[key]:
                    self.lane.say(said, is_context=is_first and key == ids[0])
            self.held |= {key: now[key] for key in new}

    def _hold(self, messages: dict[str, list[Message]]) -> None:
        self.held = messages
        if self.lane is not None:
            self.lane.holds_only(_all(messages))


def _all(messages: dict[str, list[Message]]) -> list[Message]:
    return [said for each in messages.values() for said in each]


def _project(path: Path, *, is_agent: bool) -> str:
    """The folder that the client was started in, which it keeps beside `chats`."""
    folder = path.absolute().parent.parent
    folder = folder.parent if is_agent else folder
    try:
        return (folder / ".project_root").read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _above(path: Path) -> str:
    """The session above a sub-agent's file: its folder's name, or, where that is a
    sub-agent itself, the one above that.
    """
    session = path.parent.name
    for _ in range(8):
        files = list(
            path.absolute().parent.parent.glob(f"*/{glob.escape(session)}.jsonl")
        )
        if not files or files[0].parent.name == session:
            break
        session = files[0].parent.name
    return session


def _input(told: Record) -> int:
    """What the provider's own tools put in counts too, where the total says so."""
    tools = tokens(told, "tool")
    names = ("input", "output", "thoughts", "tool")
    is_beside = tokens(told, "total") == sum(tokens(told, name) for name in names)
    return tokens(told, "input") + (tools if is_beside else 0)


def _said(record: Record) -> list[Message]:
    content = record.get("content")
    answers = [
        result(at(answer, "id"), at(answer, "response", "output"))
        for answer in (part.get("functionResponse") for part in dicts(content))
        if answer
    ]
    if answers:
        return answers
    if record.get("type") != "gemini":
        return [{"role": "user", "content": plain_text(content)}]
    asked = dicts(record.get("toolCalls"))
    calls = [call(c.get("id"), c.get("name"), c.get("args")) for c in asked]
    return [answer(plain_text(content), calls)]


GEMINI_CLI = Client(
    name="gemini_cli",
    label="Gemini CLI",
    files=("*.jsonl", "*/chats/session-*.json"),
    sniff=sniff,
    read=read,
    home=".gemini/tmp",
    beside=("*/.gemini/tmp/*/logs.json", "*/.gemini/tmp/*/.project_root"),
)
