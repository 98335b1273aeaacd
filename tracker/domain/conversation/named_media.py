"""Names an image or a file that no text can stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TITLES = ("title", "filename", "file_name", "name", "document_title")
_ADDRESSES = ("url", "image_url", "file_url", "document_url", "uri", "file_id", "id")
_TYPES = ("media_type", "mime_type", "mimeType", "mediaType", "format")
_HOLDERS = (
    "source", "image_url", "file", "input_audio", "audio", "audio_url", "video_url",
    "document_url", "resource",
)  # fmt: skip
_SIZED = ("data", "file_data", "base64", "blob", "url", "image_url")
_FAMILIES = ("image", "audio", "video")
_LONGEST = 200


def described(block: Mapping[str, Any]) -> str:
    """What the block is, in a few words: kind, title, address or id, type, size.

    `document report.pdf, file_011, application/pdf, 34 KB`. Base64 is not repeated:
    its size is told.
    """
    inner = [block, *_inner(block)]
    kind = family_of(block) or str(block.get("type") or "file").removeprefix("input_")
    words = [
        *_values(inner, _TITLES),
        *(v for v in _values(inner, _ADDRESSES) if not v.startswith("data:")),
        *_values(inner, _TYPES),
        *_sizes(inner),
    ]
    told = ", ".join(dict.fromkeys(word[:_LONGEST] for word in words))
    return f"{kind.removesuffix('_url')} {told}".strip()


def cited(block: Mapping[str, Any]) -> str:
    """What a text's citations and annotations point to, each once.

    `cited Tide tables, https://tides.test/oslo; report.pdf` for two of them, "" for
    none.
    """
    found: dict[str, None] = {}
    for name in ("citations", "annotations"):
        listed = block.get(name)
        for citation in listed if isinstance(listed, list) else ():
            if isinstance(citation, Mapping):
                inner = citation.get("url_citation")
                parts = [citation, inner] if isinstance(inner, Mapping) else [citation]
                words = [*_values(parts, _TITLES), *_values(parts, _ADDRESSES)]
                found[", ".join(dict.fromkeys(word[:_LONGEST] for word in words))] = (
                    None
                )
    told = "; ".join(text for text in found if text)
    return f"cited {told}" if told else ""


def family_of(block: Mapping[str, Any]) -> str:
    """ "image", "audio" or "video" where a block's media type says so, else ""."""
    for name in _TYPES:
        family = str(block.get(name) or "").partition("/")[0]
        if family in _FAMILIES and block.get("type") in ("media", "file"):
            return family
    return ""


def _inner(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Anthropic's `source`, OpenAI's `image_url`, `file` and `input_audio` …"""
    for name in _HOLDERS:
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
        for name in _SIZED:
            value = part.get(name)
            if isinstance(value, str) and (part.get("type") != "text"):
                is_address = name.endswith("url") and not value.startswith("data:")
                if not is_address and len(value) > 100:
                    yield f"{max(1, len(value) * 3 // 4 // 1024):,} KB"
