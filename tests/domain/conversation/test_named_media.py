"""An image or a file is named by what its provider's block says of it."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.conversation.named_media import described

DATA = "QUJD" * 1_000


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": DATA},
            },
            "image image/png, 2 KB",
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://e.test/a.png"}},
            "image https://e.test/a.png",
        ),
        (
            {"type": "input_image", "image_url": f"data:image/png;base64,{DATA}"},
            "image 2 KB",
        ),
        (
            {"type": "input_file", "file_id": "file-7", "filename": "report.pdf"},
            "file report.pdf, file-7",
        ),
        (
            {"type": "file", "file": {"file_id": "file-8"}},
            "file file-8",
        ),
        (
            {"type": "document", "source": {"type": "file", "file_id": "file_011"}},
            "document file_011",
        ),
        (
            {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
            "audio wav, 2 KB",
        ),
        ({"type": "container_upload", "file_id": "f"}, "container_upload f"),
        ({"type": "image"}, "image"),
    ],
)
def test_a_block_is_named(block: dict[str, Any], name: str) -> None:
    assert described(block) == name


def test_a_long_address_is_cut() -> None:
    block = {"type": "image_url", "image_url": {"url": "https://e.test/" + "a" * 999}}

    assert len(described(block)) < 220
