"""Values as JSON bytes that a server takes."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest

from tracker.client.json_bodies import join_reports, split_reports, to_json


def test_sdk_objects_become_their_data_and_others_their_text() -> None:
    block = anthropic.types.TextBlock(type="text", text="Paris.")

    found = json.loads(to_json({"content": [block], "at": object}))

    assert found["content"] == [{"type": "text", "text": "Paris."}]
    assert found["at"] == "<class 'object'>"


def test_half_a_character_becomes_a_question_mark() -> None:
    assert to_json({"title": "lone \ud800 half, é"}).decode() == (
        '{"title": "lone ? half, é"}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {(1, 2): 3}], ids=str)
def test_what_json_cannot_hold_is_an_error(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        to_json({"metadata": value})


@pytest.mark.parametrize("reports", [[], [{"n": 1}], [{"n": 1}, {"n": "é"}]], ids=str)
def test_a_batch_can_be_read_back(reports: list[Any]) -> None:
    encoded = [to_json(report) for report in reports]

    assert json.loads(join_reports(encoded)) == reports
    assert split_reports(join_reports(encoded)) == encoded


@pytest.mark.parametrize("body", [b"", b'[{"n": 1}', b"7", b"[NaN]", b"\x80"], ids=str)
def test_a_damaged_batch_is_none(body: bytes) -> None:
    assert split_reports(body) is None
