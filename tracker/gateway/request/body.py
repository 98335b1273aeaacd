"""What a call's body says, without taking its messages apart."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
import zstandard
from msgspec import Raw, Struct

from tracker.api.intake.http import Headers, header
from tracker.gateway.request.claims import claimed_ids
from tracker.gateway.request.shapes import FIELDS

_MODEL_IN_PATH = re.compile(r"/models/([^/:]+):")
# Claude Code puts a line before its prompt that differs in each call.
_BILLING = b"x-anthropic-billing-header"
_HEAD_BYTES = 4_000
# Codex keeps its tools at the provider, so an agent is known by its calls.
_CALLED = (b'"tool_use"', b'"tool_calls"', b'"function_call"', b'"functionCall"')
# A request that asks the provider to remove messages itself is left to the provider.
# Clearing old thinking removes none.
_SERVER_EDITS = (b'"compact', b'"clear_tool_uses')
# OpenAI answers this path with one item, which the client then sends in place of the
# conversation.
_COMPACTS = re.compile(r"/responses/compact/?$")
_COMPACTION_ITEM = "compaction_trigger"  # Codex's, the last of its input


class _Fields(Struct):
    """The fields that are read of any of the four shapes; the long ones stay bytes."""

    model: str = ""
    system: Raw = Raw()
    instructions: Raw = Raw()
    systemInstruction: Raw = Raw()
    tools: Raw = Raw()
    metadata: Raw = Raw()
    prompt_cache_key: Raw = Raw()
    conversation: Raw = Raw()
    previous_response_id: Raw = Raw()
    context_management: Raw = Raw()
    compaction: Raw = Raw()


class _Listed(_Fields):
    """A body whose messages are a list: read in one go."""

    messages: list[Raw] = []
    contents: list[Raw] = []
    input: list[Raw] = []


class _Body(_Fields):
    """Any body: Responses takes plain text, Gemini a single content."""

    messages: Raw = Raw()
    contents: Raw = Raw()
    input: Raw = Raw()


class _Message(Struct):
    role: str = ""
    content: Any = None
    parts: Any = None


class _Tool(Struct):
    name: str = ""
    type: str = ""
    function: Any = None


@dataclass(frozen=True, slots=True)
class Outline:
    """The numbers of a request, kept while its answer streams; its text is dropped.

    `opening` is a digest of the first user message's text, `role` one of the tools'
    names and the head of the system prompt: together they tell the agents of one
    session apart. `claimed` are the ids by which clients name a session.
    `asks_provider`: the request asks its provider to remove messages. `messages_bytes`
    is the size of their array without the blanks between them.
    """

    shape: str
    model: str
    opening: str
    role: str
    has_tools: bool
    claimed: Mapping[str, str]
    asks_provider: bool
    message_count: int
    system_bytes: int
    tools_bytes: int
    messages_bytes: int

    @property
    def is_continued(self) -> bool:
        """Whether it has only new messages; the provider holds the earlier ones."""
        return "previous_response_id" in self.claimed


class RequestBody:
    """`text` is the body, unpacked; `array` its JSON array of messages, `messages` the
    bytes of each. No messages where they are no array: Responses takes plain text.

    Most calls need neither: they are copied when they are first asked for.
    """

    __slots__ = ("outline", "text", "system", "tools", "_raws", "_messages")

    def __init__(
        self,
        outline: Outline,
        text: bytes,
        raws: Sequence[Raw],
        system: bytes,
        tools: bytes,
    ) -> None:
        self.outline, self.text = outline, text
        self.system, self.tools = system, tools
        self._raws = raws
        self._messages: tuple[bytes, ...] | None = None

    @property
    def array(self) -> bytes:
        return _array(self.outline.shape, self.text)

    @property
    def messages(self) -> tuple[bytes, ...]:
        if self._messages is None:
            self._messages = tuple(map(bytes, self._raws))
        return self._messages

    def with_messages(self, array: bytes) -> bytes:
        """The body with this array for its own; every other byte as it came."""
        name = FIELDS[self.outline.shape].encode()
        own = self.array
        # By its name: to look for 400 KB of array in the body takes ten times as long.
        # The same name may stand elsewhere, too, say in a tool's example.
        for named in re.finditer(rb'"' + name + rb'"\s*:\s*', self.text):
            start = named.end()
            if self.text.startswith(own, start):
                return self.text[:start] + array + self.text[start + len(own) :]
        raise ValueError(f"{name.decode()} was not found")


_listed = msgspec.json.Decoder(_Listed)
_body = msgspec.json.Decoder(_Body)
_list = msgspec.json.Decoder(list[Raw])
_message = msgspec.json.Decoder(_Message)
_tool = msgspec.json.Decoder(_Tool)


def read_body(shape: str, path: str, body: bytes, headers: Headers) -> RequestBody:
    """Raises what the decoders do for a body that is not understood."""
    text = unpacked(body, header(headers, b"content-encoding").strip().lower())
    found, messages = _fields(shape, text)
    in_path = _MODEL_IN_PATH.search(path)
    system = bytes(found.system or found.instructions or found.systemInstruction)
    tools = bytes(found.tools)
    outline = Outline(
        shape=shape,
        model=found.model or (in_path[1] if in_path else ""),
        opening=_opening(messages) if messages else digest(_array(shape, text)),
        role=_role(tools, system),
        has_tools=len(tools) > len(b"[]") or _has_called(shape, text),
        claimed=claimed_ids(
            prompt_cache_key=found.prompt_cache_key,
            previous_response_id=found.previous_response_id,
            conversation=found.conversation,
            metadata=found.metadata,
        ),
        asks_provider=_COMPACTS.search(path) is not None
        or _asks_provider(found, messages),
        message_count=len(messages),
        system_bytes=len(system),
        tools_bytes=len(tools),
        messages_bytes=_array_bytes(messages) or len(_array(shape, text)),
    )
    return RequestBody(outline, text, messages, system, tools)


def _fields(shape: str, text: bytes) -> tuple[_Fields, list[Raw]]:
    try:
        listed = _listed.decode(text)
    except msgspec.ValidationError:
        found = _body.decode(text)
        array = bytes(getattr(found, FIELDS[shape]))
        return found, _list.decode(array) if array[:1] == b"[" else []
    messages: list[Raw] = getattr(listed, FIELDS[shape])
    return listed, messages


def _array_bytes(messages: Sequence[Raw]) -> int:
    """Of `[A,B]`; 0 where there are none."""
    return sum(map(len, messages)) + len(messages) + 1 if messages else 0


def _array(shape: str, text: bytes) -> bytes:
    return bytes(getattr(_body.decode(text), FIELDS[shape]))


def _has_called(shape: str, text: bytes) -> bool:
    """In the messages; the whole body is looked through first, as that is cheap."""
    if not any(called in text for called in _CALLED):
        return False
    array = _array(shape, text)
    return any(called in array for called in _CALLED)


def unpacked(body: bytes, encoding: str, limit: int = 64 * 1024 * 1024) -> bytes:
    """The body without its compression (Codex sends zstd), at most `limit` bytes."""
    if encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(wbits=31).decompress(body, limit)
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().stream_reader(body).read(limit)
    raise ValueError(f"unknown content encoding {encoding}")


def _opening(messages: Sequence[Raw]) -> str:
    for raw in messages:
        message = _message.decode(raw)
        if message.role in ("user", ""):
            return digest(text_of(message.content or message.parts).encode())
    return ""


def text_of(content: Any) -> str:
    """Only the texts: `cache_control` moves to other blocks from turn to turn."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(
        str(block.get("text", "")) for block in content if isinstance(block, dict)
    )


def _role(tools: bytes, system: bytes) -> str:
    names = []
    for raw in _list.decode(tools) if tools[:1] == b"[" else ():
        tool = _tool.decode(raw)
        inner = tool.function if isinstance(tool.function, dict) else {}
        names.append(str(inner.get("name") or tool.name or tool.type))
    head = system
    if _BILLING in system[:_HEAD_BYTES]:
        head = system.partition(_BILLING)[2].partition(b"}")[2]
    return digest("\n".join(sorted(names)).encode() + b"\0" + head[:_HEAD_BYTES])


def digest(text: bytes) -> str:
    return blake2b(text, digest_size=8).hexdigest()


def _asks_provider(found: _Fields, messages: Sequence[Raw]) -> bool:
    if any(word in bytes(found.context_management) for word in _SERVER_EDITS):
        return True
    if bytes(found.compaction) not in (b"", b"null"):
        return True
    return bool(messages) and _tool.decode(messages[-1]).type == _COMPACTION_ITEM
