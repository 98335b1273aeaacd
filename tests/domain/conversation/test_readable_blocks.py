"""A block of a provider's own tool says its texts, not its seals and bytes."""

from __future__ import annotations

from typing import Any

from tracker.domain.conversation.readable_blocks import readable_text


def test_titles_and_addresses_of_a_search_are_read() -> None:
    found = {
        "type": "web_search_result",
        "title": "Tides",
        "url": "https://tides.test",
        "encrypted_content": "Eo8" * 400,
    }
    block = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [found]}

    assert readable_text(block) == "title: Tides\nurl: https://tides.test"


def test_what_a_program_printed_is_read_with_its_files() -> None:
    block = {
        "type": "code_execution_tool_result",
        "content": {
            "stdout": "40 cm",
            "return_code": 0,
            "content": [{"file_id": "f1"}],
        },
    }

    assert readable_text(block) == "40 cm\nreturn_code: 0\nfile_id: f1"


def test_depth_and_number_have_a_limit() -> None:
    deep: Any = "end"
    for _ in range(3_000):
        deep = {"content": deep}

    assert readable_text(deep) == "end"
    assert readable_text([str(at) for at in range(9_000)]).count("\n") < 2_100
