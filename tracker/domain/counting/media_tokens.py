"""What an image, a document or a recording costs: by its size, never as text."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# A JPEG's size may come after a preview picture of up to 64 KB.
_HEADER_BASE64_CHARACTERS = 96 * 1024
# Anthropic's PDF page says 1,500 to 3,000 tokens of text a page, and each page is an
# image besides; a page of a scanned or set PDF weighs about 50 KB.
PDF_PAGE_TOKENS = 3_000
PDF_PAGE_BYTES = 50_000
# 10 tokens a second (OpenAI), at MP3's 16 KB a second: WAV is counted too high.
AUDIO_BYTES_PER_TOKEN = 1_600
# Gemini's 263 tokens a second, at a megabit a second.
VIDEO_BYTES_PER_TOKEN = 475


@dataclass(frozen=True, slots=True)
class ImageRule:
    """How a family of models turns pixels into tokens.

    The picture is shrunk to `max_edge` (and its short side to `max_short_edge`), cut
    into squares of `square` pixels, and costs `base` + squares x `per_square`; the
    squares are at most `max_squares`. `low_detail` is the price at detail "low".
    """

    square: int
    max_edge: int
    max_squares: int
    per_square: float = 1.0
    base: int = 0
    max_short_edge: int | None = None
    low_detail: int | None = None

    def tokens(self, size: tuple[int, int] | None, detail: str = "auto") -> int:
        """None is an unknown size: it costs the most an image can. Too high is safer
        than a budget overrun.
        """
        if detail == "low" and self.low_detail is not None:
            return self.low_detail
        squares = self.max_squares if size is None else self._squares(*size)
        return self.base + math.ceil(min(squares, self.max_squares) * self.per_square)

    def _squares(self, width: int, height: int) -> int:
        scale = min(1.0, self.max_edge / max(width, height))
        if self.max_short_edge is not None:
            scale = min(scale, self.max_short_edge / min(width, height))
        # Shrinking must not make 768.0000001 pixels a square more.
        across = math.ceil(max(1, round(width * scale)) / self.square)
        return across * math.ceil(max(1, round(height * scale)) / self.square)


def media_tokens(block: Mapping[str, Any], rule: ImageRule) -> int | None:
    """The cost of a content block of the OpenAI or Anthropic shapes.

    None when the block is no medium. Text documents are text, hence no medium.
    """
    kind = _kind(block)
    if kind in ("image", "image_url", "input_image", "computer_screenshot"):
        picture, detail = _image_data(block)
        return rule.tokens(image_size(picture) if picture else None, detail)
    if kind in ("audio", "input_audio", "audio_url"):
        return _by_weight(_inner_data(block, kind), AUDIO_BYTES_PER_TOKEN)
    if kind in ("video", "video_url"):
        return _by_weight(_inner_data(block, kind), VIDEO_BYTES_PER_TOKEN)
    if kind in ("document", "file", "input_file"):
        source = block.get("source") or block.get("file") or block
        if not isinstance(source, Mapping) or source.get("type") in ("text", "content"):
            return None
        pages = _by_weight(source.get("file_data") or _data(source), PDF_PAGE_BYTES)
        return PDF_PAGE_TOKENS * max(1, pages)
    return None


def sealed_tokens(base64_text: str) -> int:
    """Base64 of an unknown kind, where a text was expected: taken for a recording,
    since what it is made of is never read as text.
    """
    return _by_weight(base64_text, AUDIO_BYTES_PER_TOKEN)


def _kind(block: Mapping[str, Any]) -> str:
    """What the block is, by its media type where it says one: the AI SDK calls a
    picture a file, LangChain calls it media.
    """
    kind = str(block.get("type", ""))
    if kind not in ("media", "file"):
        return kind
    names = ("mime_type", "mimeType", "mediaType", "media_type")
    mime = next((str(block[name]) for name in names if block.get(name)), "")
    family = mime.partition("/")[0]
    if family in ("image", "audio", "video"):
        return family
    return "document" if kind == "media" else kind


def _data(block: Mapping[str, Any]) -> object:
    """The base64 of a block, whatever its dialect calls it."""
    source = block.get("source")
    names = ("data", "base64", "image", "url", "bytes")
    for place in (block, source if isinstance(source, Mapping) else {}):
        for name in names:
            found = place.get(name)
            if isinstance(found, str) and not found.startswith(("http:", "https:")):
                return found
    return None


def _inner_data(block: Mapping[str, Any], kind: str) -> object:
    """The base64 that stands in a field of the block's own name, or in the block:
    `{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,…"}}` (vLLM).
    """
    inner = block.get(kind)
    return _data(inner if isinstance(inner, Mapping) else block)


def image_size(data: str) -> tuple[int, int] | None:
    """(width, height) from the first bytes of base64 `data`: PNG, GIF, JPEG, WebP.

    None where the format is unknown or the header damaged.
    """
    try:
        text = data[:_HEADER_BASE64_CHARACTERS]
        head = base64.b64decode(text[: len(text) // 4 * 4])
        size = _size(head)
    except (ValueError, binascii.Error, struct.error, IndexError):
        return None
    return size if size and min(size) > 0 else None


def _size(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack(">II", head[16:24])
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack("<HH", head[6:10])
    elif head[:4] == b"RIFF" and head[8:15] == b"WEBPVP8":
        return _webp_size(head)
    elif head.startswith(b"\xff\xd8"):
        return _jpeg_size(head)
    else:
        return None
    return width, height


def _webp_size(head: bytes) -> tuple[int, int]:
    if head[15:16] == b"X":
        width = int.from_bytes(head[24:27], "little") + 1
        return width, int.from_bytes(head[27:30], "little") + 1
    if head[15:16] == b"L":
        bits = struct.unpack("<I", head[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        # A start-of-frame marker; C4, C8 and CC mean something else.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", head[at + 2 : at + 4])[0])
    return None


def _image_data(block: Mapping[str, Any]) -> tuple[str, str]:
    """(base64 or "", detail) of an image block in any of the shapes."""
    link = block.get("image_url")
    detail = block.get("detail")
    if isinstance(link, Mapping):
        detail, link = link.get("detail"), link.get("url")
    data = _data(block)
    if isinstance(data, str) and data[:5].lower() == "data:":
        link = data
    if isinstance(link, str) and link[:5].lower() == "data:":
        start = link.find(",", 0, 256)
        data = link[start + 1 : start + 1 + _HEADER_BASE64_CHARACTERS]
    return data if isinstance(data, str) else "", str(detail or "auto")


def _by_weight(data: object, bytes_per_unit: int) -> int:
    """Units in base64 `data`, rounded up; 0 for what is not there."""
    if not isinstance(data, str):
        return 0
    return -(-len(data) * 3 // 4 // bytes_per_unit)
