"""Names an image or a file that no text can stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TITLES = ("title", "filename", "file_name", "name")
_ADDRESSES = ("url", "image_url", "file_url", "uri", "file_id", "id")
_TYPES = ("media_type", "mime_type", "format")
_LONGEST = 200


def described(block: Mapping[str, Any]) -> str:
    """What the block is, in a few words: kind, title, address or id, type, size.

    `document report.pdf, file_011, application/pdf, 34 KB`. Base64 is not repeated:
    its size is told.
    """
    kind = str(block.get("type") or "file").removeprefix("input_")
    inner = [block, *_inner(block)]
    words = [
        *_values(inner, _TITLES),
        *(v for v in _values(inner, _ADDRESSES) if not v.startswith("data:")),
        *_values(inner, _TYPES),
        *_sizes(inner),
    ]
    told = ", ".join(dict.fromkeys(word[:_LONGEST] for word in words))
    return f"{kind.removesuffix('_url')} {told}".strip()


def _inner(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Anthropic's `source`, OpenAI's `image_url`, `file` and `input_audio`."""
    for name in ("source", "image_url", "file", "input_audio"):
        value = block.get(name)
        if isinstance(value, Mapping):
            yield value


def _values(inner: list[Mapping[str, Any]], names: tuple[str, ...]) -> Iterator[str]:
    for part in inner:
        for name in names:
            value = part.get(name)
            if isinstance(value, str) and value:
                yield value


def _sizes(inner: list[Mapping[str, Any]]) -> Iterator[str]:
    for part in inner:
        for name in ("data", "file_data", "url", "image_url"):
            value = part.get(name)
            if isinstance(value, str) and (part.get("type") != "text"):
                is_address = name.endswith("url") and not value.startswith("data:")
                if not is_address and len(value) > 100:
                    yield f"{max(1, len(value) * 3 // 4 // 1024):,} KB"
