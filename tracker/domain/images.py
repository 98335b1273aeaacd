"""What an image or document block costs in tokens: by its size, never as text."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any

FLAT_IMAGE_TOKENS = 1_568  # what a large image costs at most with most models
LOW_DETAIL_TOKENS = 85
FLAT_DOCUMENT_TOKENS = 3_000  # a few pages; the page count is inside the file
_PATCH_PIXELS = 28
_HEADER_CHARACTERS = 4_096  # enough base64 for every format's size fields


def image_tokens(block: dict[str, Any]) -> int:
    """The cost of an Anthropic `image` or an OpenAI `image_url` block.

    An image whose size cannot be read (a URL, an unknown format) costs the flat
    maximum: counting too much is safer than overflowing.
    """
    link = block.get("image_url")
    if isinstance(link, dict):
        if link.get("detail") == "low":
            return LOW_DETAIL_TOKENS
        link = link.get("url")
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    if isinstance(link, str) and link.startswith("data:"):
        data = link.partition(",")[2]
    size = _image_size(data) if isinstance(data, str) else None
    if size is None:
        return FLAT_IMAGE_TOKENS
    patches = -(-size[0] // _PATCH_PIXELS) * -(-size[1] // _PATCH_PIXELS)
    return max(1, min(patches, FLAT_IMAGE_TOKENS))


def _image_size(data: str) -> tuple[int, int] | None:
    """(width, height) in pixels from the first bytes of base64 `data`."""
    try:
        head = base64.b64decode(data[:_HEADER_CHARACTERS] + "==", validate=False)
    except (binascii.Error, ValueError):
        return None
    try:
        if head.startswith(b"\x89PNG"):
            width, height = struct.unpack(">II", head[16:24])
        elif head.startswith(b"GIF8"):
            width, height = struct.unpack("<HH", head[6:10])
        elif head.startswith(b"\xff\xd8"):
            return _jpeg_size(head)
        else:
            return None
    except struct.error:
        return None
    return width, height


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", head[at + 2 : at + 4])[0])
    return None
