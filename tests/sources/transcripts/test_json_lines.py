"""Reading one line of JSON as far as it can be believed."""

from __future__ import annotations

import msgspec
import pytest

from tracker.sources.transcripts.json_lines import decode_line


class Inner(msgspec.Struct):
    name: str | None = None
    size: int | None = None


class Outer(msgspec.Struct):
    kind: str = ""
    inner: Inner | None = None
    any: object = None


DECODER = msgspec.json.Decoder(Outer)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"kind": "a", "other": [1]}', Outer("a")),
        (b'{"kind": 7, "inner": {"name": "n"}}', Outer("", Inner("n"))),
        (b'{"kind": "a", "inner": {"name": "n", "size": "x"}}', Outer("a", Inner("n"))),
        (b'{"kind": "a", "inner": "text"}', Outer("a")),
        (rb'{"kind": "cut \ud83d off"}', Outer("cut \ufffd off")),
        (b'{"kind": "\xff"}', Outer("\ufffd")),
        (b'{"any": NaN, "kind": "a", "inner": null}', None),
    ],
)
def test_what_can_be_believed_is_kept(line, expected):
    decoded = decode_line(line, DECODER)

    if expected is None:
        assert decoded.kind == "a"
        assert decoded.any != decoded.any
    else:
        assert decoded == expected


@pytest.mark.parametrize(
    "line",
    [b"", b"42", b"[]", b'"text"', b"null", b'{"kind": ', b"\xff", b"[" * 100_000],
)
def test_what_is_no_object_is_none(line):
    assert decode_line(line, DECODER) is None


def test_what_is_nested_beyond_reason_costs_only_itself():
    deep = b"[" * 5_000 + b"]" * 5_000

    decoded = decode_line(b'{"kind": "a", "any": ' + deep + b"}", DECODER)

    assert decoded is None or decoded.kind == "a"
