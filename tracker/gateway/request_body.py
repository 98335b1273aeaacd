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

ANTHROPIC, CHAT, RESPONSES, GEMINI = "anthropic", "chat", "responses", "gemini"
_CALLS = (
    (re.compile(r"/messages/?$"), ANTHROPIC),
    (re.compile(r"/chat/completions/?$"), CHAT),
    (re.compile(r"/responses/?$"), RESPONSES),
    (re.compile(r"/models/[^/]+:(stream)?[gG]enerateContent$"), GEMINI),
)
_MODEL_IN_PATH = re.compile(r"/models/([^/:]+):")
# Claude Code puts a line before its prompt that differs in each call.
_BILLING = b"x-anthropic-billing-header"
_HEAD_BYTES = 4_000


def shape_of(method: str, path: str) -> str:
    """How a model is called at this path; "" for every other path."""
    if method == "POST":
        for pattern, shape in _CALLS:
            if pattern.search(path):
                return shape
    return ""


class _Body(Struct):
    """The fields that are read of any of the four shapes; the long ones stay bytes."""

    model: str = ""
    messages: list[Raw] = []
    contents: list[Raw] = []
    input: Raw = Raw()
    system: Raw = Raw()
    instructions: Raw = Raw()
    systemInstruction: Raw = Raw()
    tools: list[Raw] = []
    metadata: Raw = Raw()
    prompt_cache_key: Raw = Raw()
    conversation: Raw = Raw()
    previous_response_id: Raw = Raw()
    stream: bool | None = None


class _Message(Struct):
    role: str = ""
    content: Any = None
    parts: Any = None


class _Tool(Struct):
    name: str = ""
    type: str = ""
    function: Any = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """`opening` is a digest of the first user message's text, `role` one of the tools'
    names and the head of the system prompt: together they tell the agents of one
    session apart. `claimed` are the ids by which clients name a session.
    """

    shape: str
    model: str
    messages: Sequence[Raw]
    opening: str
    role: str
    has_tools: bool
    claimed: Mapping[str, str]
    system_bytes: int
    tools_bytes: int
    messages_bytes: int


_body = msgspec.json.Decoder(_Body)
_messages = msgspec.json.Decoder(list[Raw])
_message = msgspec.json.Decoder(_Message)
_tool = msgspec.json.Decoder(_Tool)


def read_body(shape: str, path: str, body: bytes, headers: Headers) -> RequestBody:
    """Raises what the decoders do for a body that is not understood."""
    found = _body.decode(unpacked(body, header(headers, b"content-encoding")))
    messages: Sequence[Raw] = found.messages or found.contents
    if shape == RESPONSES:
        is_list = _begins(found.input) == b"["
        messages = _messages.decode(found.input) if is_list else [found.input]
    in_path = _MODEL_IN_PATH.search(path)
    system = found.system or found.instructions or found.systemInstruction
    return RequestBody(
        shape=shape,
        model=found.model or (in_path[1] if in_path else ""),
        messages=messages,
        opening=_opening(messages),
        role=_role(found.tools, bytes(system)),
        has_tools=bool(found.tools),
        claimed=_claimed(found),
        system_bytes=memoryview(system).nbytes,
        tools_bytes=sum(memoryview(tool).nbytes for tool in found.tools),
        messages_bytes=sum(memoryview(each).nbytes for each in messages),
    )


def unpacked(body: bytes, encoding: str, limit: int = 64 * 1024 * 1024) -> bytes:
    """The body without its compression (Codex sends zstd), at most `limit` bytes."""
    if encoding in ("", "identity"):
        return body
    if encoding == "gzip":
        return zlib.decompressobj(wbits=31).decompress(body, limit)
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().stream_reader(body).read(limit)
    raise ValueError(f"unknown content encoding {encoding}")


def _begins(raw: Raw) -> bytes:
    """Its first character: what kind of value it is."""
    return bytes(memoryview(raw)[:1])


def _opening(messages: Sequence[Raw]) -> str:
    for raw in messages:
        if _begins(raw) == b'"':  # Responses with a plain string
            return digest(bytes(raw))
        message = _message.decode(raw)
        if message.role in ("user", ""):
            return digest(text_of(message.content or message.parts).encode())
    return ""


def text_of(content: Any) -> str:
    """The texts alone: `cache_control` moves from turn to turn."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(
        str(block.get("text", "")) for block in content if isinstance(block, dict)
    )


def _role(tools: Sequence[Raw], system: bytes) -> str:
    names = []
    for raw in tools:
        tool = _tool.decode(raw)
        inner = tool.function if isinstance(tool.function, dict) else {}
        names.append(str(inner.get("name") or tool.name or tool.type))
    head = system
    if _BILLING in system[:_HEAD_BYTES]:
        head = system.partition(_BILLING)[2].partition(b"}")[2]
    return digest("\n".join(sorted(names)).encode() + b"\0" + head[:_HEAD_BYTES])


def digest(text: bytes) -> str:
    return blake2b(text, digest_size=8).hexdigest()


def _claimed(found: _Body) -> dict[str, str]:
    """By the field that said it; what is no text is left out."""
    claimed = {
        "prompt_cache_key": _text(found.prompt_cache_key),
        "previous_response_id": _text(found.previous_response_id),
        "conversation": _text(found.conversation) or _inner(found.conversation, "id"),
        "user_id": _session_in(_inner(found.metadata, "user_id")),
    }
    return {name: value for name, value in claimed.items() if value}


def _text(raw: Raw) -> str:
    value = msgspec.json.decode(raw) if _begins(raw) == b'"' else ""
    return str(value)


def _inner(raw: Raw, name: str) -> str:
    if _begins(raw) != b"{":
        return ""
    value = msgspec.json.decode(raw).get(name)
    return value if isinstance(value, str) else ""


def _session_in(user_id: str) -> str:
    """Claude Code's session in `metadata.user_id`: JSON text that has `session_id`, or
    `user_…_account_…_session_{uuid}`.
    """
    if user_id.startswith("{"):
        try:
            value = msgspec.json.decode(user_id).get("session_id")
        except msgspec.DecodeError:
            return ""
        return value if isinstance(value, str) else ""
    head, mark, session = user_id.rpartition("_session_")
    return session if mark and head else ""
