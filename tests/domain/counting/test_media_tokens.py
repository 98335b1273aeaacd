from __future__ import annotations

import base64
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.media_tokens import image_size, media_tokens
from tracker.domain.counting.overheads import (
    CLAUDE_IMAGES,
    CLAUDE_LARGE_IMAGES,
    OPENAI_PATCHES,
    OPENAI_TILES,
)


def encoded(head: bytes) -> str:
    return base64.b64encode(head + b"\0" * 400).decode()


def png(width: int, height: int) -> str:
    return encoded(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height))


def jpeg(width: int, height: int, *, preview: int = 0) -> str:
    exif = b"\xff\xe1" + struct.pack(">H", preview + 2) + b"\0" * preview
    frame = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width)
    return encoded(b"\xff\xd8" + exif + frame)


def webp(kind: bytes, size: bytes) -> str:
    return encoded(b"RIFF\0\0\0\0WEBPVP8" + kind + b"\0\0\0\0" + size)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(1024, 768), (1024, 768)),
        (encoded(b"GIF89a" + struct.pack("<HH", 320, 200)), (320, 200)),
        (jpeg(640, 480), (640, 480)),
        (jpeg(640, 480, preview=60_000), (640, 480)),
        (
            webp(b" ", b"\0" * 6 + struct.pack("<HH", 500, 400)),
            (500, 400),
        ),
        (webp(b"L", b"\x2f" + struct.pack("<I", 299 | 199 << 14)), (300, 200)),
        (
            webp(b"X", b"\0" * 4 + (699).to_bytes(3, "little") + b"\x57\x02\0"),
            (700, 600),
        ),
        (png(0, 5), None),
        (encoded(b"BM not known"), None),
        (base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(), None),
        (base64.b64encode(b"\xff\xd8\xff\xe1\0\x10").decode(), None),
        ("é" * 40, None),
        ("", None),
    ],
)
def test_the_size_stands_in_the_first_bytes(
    data: str, size: tuple[int, int] | None
) -> None:
    assert image_size(data) == size


@pytest.mark.parametrize(
    ("rule", "size", "detail", "tokens"),
    [
        # 37 x 37 patches: measured on the API, 1,434 with a prompt of 65 tokens.
        (CLAUDE_IMAGES, (1024, 1024), "auto", 1369),
        (CLAUDE_IMAGES, (28, 28), "auto", 1),
        (CLAUDE_IMAGES, (29, 28), "auto", 2),
        (CLAUDE_IMAGES, (8000, 8000), "auto", 1568),
        (CLAUDE_IMAGES, None, "auto", 1568),
        (CLAUDE_LARGE_IMAGES, (2000, 1500), "auto", 72 * 54),
        (CLAUDE_LARGE_IMAGES, None, "auto", 4784),
        # OpenAI's own two examples of tiles.
        (OPENAI_TILES, (1024, 1024), "high", 765),
        (OPENAI_TILES, (2048, 4096), "high", 1105),
        (OPENAI_TILES, (4096, 8192), "low", 85),
        (OPENAI_TILES, (10, 10), "auto", 255),
        (OPENAI_TILES, None, "auto", 85 + 8 * 170),
        (OPENAI_PATCHES, (1024, 1024), "auto", 1229),
        (OPENAI_PATCHES, (1, 100_000), "auto", 77),
    ],
)
def test_a_picture_costs_by_its_pixels(
    rule: Any, size: tuple[int, int] | None, detail: str, tokens: int
) -> None:
    assert rule.tokens(size, detail) == tokens


@given(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)))
def test_no_picture_costs_more_than_one_of_unknown_size(size: tuple[int, int]) -> None:
    for rule in (CLAUDE_IMAGES, CLAUDE_LARGE_IMAGES, OPENAI_TILES, OPENAI_PATCHES):
        assert 1 <= rule.tokens(size) <= rule.tokens(None)


SQUARE = png(512, 512)
LINK = "data:image/png;base64," + SQUARE


@pytest.mark.parametrize(
    ("block", "tokens"),
    [
        ({"type": "image", "source": {"type": "base64", "data": SQUARE}}, 255),
        ({"type": "image", "source": {"type": "url", "url": "https://x/y"}}, 1445),
        ({"type": "image_url", "image_url": {"url": LINK}}, 255),
        ({"type": "image_url", "image_url": {"url": LINK, "detail": "low"}}, 85),
        ({"type": "input_image", "image_url": LINK, "detail": "low"}, 85),
        ({"type": "input_image", "image_url": LINK}, 255),
        ({"type": "image_url", "image_url": "data:,no picture"}, 1445),
        ({"type": "image_url", "image_url": 5}, 1445),
        (
            {"type": "input_audio", "input_audio": {"data": "A" * 2_133_334}},
            1001,
        ),
        ({"type": "input_audio", "input_audio": None}, 0),
        (
            {"type": "document", "source": {"type": "base64", "data": "A" * 200_000}},
            9_000,
        ),
        ({"type": "document", "source": {"type": "url", "url": "https://x"}}, 3_000),
        ({"type": "file", "file": {"file_data": "A" * 10}}, 3_000),
        ({"type": "input_file", "file_data": "A" * 70_000}, 6_000),
        ({"type": "document", "source": {"type": "text", "data": "words"}}, None),
        ({"type": "document", "source": 5}, None),
        ({"type": "text", "text": "words"}, None),
        ({}, None),
    ],
)
def test_a_medium_is_never_counted_as_text(
    block: dict[str, Any], tokens: int | None
) -> None:
    assert media_tokens(block, OPENAI_TILES) == tokens


def test_a_rule_without_low_detail_counts_low_as_any_other() -> None:
    rule = replace(OPENAI_TILES, low_detail=None)

    assert rule.tokens((512, 512), "low") == rule.tokens((512, 512), "high")
