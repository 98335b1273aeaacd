"""One line of JSON -> a typed struct; fields of a wrong type keep their defaults."""

from __future__ import annotations

import json
from typing import Any, TypeVar, get_args

import msgspec

from tracker.domain.conversation.text.text_repair import repair_data

Line = TypeVar("Line", bound=msgspec.Struct)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def decode_line(line: bytes, decoder: msgspec.json.Decoder[Line]) -> Line | None:
    """The line as the decoder's struct; None if it is no JSON object at all.

    The quick way is the typed decoder. What it refuses (a field of an odd type, a
    lone surrogate, bytes that are not UTF-8, a byte order mark) is read again
    leniently: a field that cannot be what it should be is left at its default, the
    others are kept.
    """
    try:
        return decoder.decode(line)
    except (ValueError, RecursionError):
        pass
    data = decode_object(line)
    try:
        return None if data is None else _salvage(data, decoder.type)
    except (ValueError, RecursionError):
        return None


def decode_object(line: bytes) -> dict[str, Any] | None:
    """The line as a dict, leniently; None if it is no JSON object."""
    try:
        return _OBJECT.decode(line)  # a fifth of the time, if nothing is odd
    except (ValueError, RecursionError):
        pass
    try:
        data = repair_data(json.loads(line.decode("utf-8-sig", "replace")))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _salvage(data: dict[str, Any], kind: type[Line]) -> Line:
    kept = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in data:
            continue
        value = data[field.encode_name]
        try:
            kept[field.name] = msgspec.convert(value, field.type)
        except (ValueError, RecursionError):
            nested = _struct_of(field.type)
            if nested is not None and isinstance(value, dict):
                kept[field.name] = _salvage(value, nested)
    return kind(**kept)


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct in `Struct | None`, if there is one."""
    for option in (kind, *get_args(kind)):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None
