"""What is wrong with a JSON body, as the field and the rule that it breaks."""

from __future__ import annotations

import re

import msgspec


class BodyError(ValueError):
    """What is wrong with a body: `field` (a path, or "") and the rule it breaks.

    `is_json` False means that it could not be read at all.
    """

    def __init__(self, field: str, message: str, *, is_json: bool = True) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.is_json = is_json


class SourceError(Exception):
    """A body of telemetry that cannot be decoded, or is of another format. `status` is
    the HTTP status to answer with.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def unreadable(error: Exception) -> BodyError:
    """What msgspec raised for a body, as field and rule."""
    match error:
        case msgspec.ValidationError():
            return explain(error)
        case RecursionError():
            return BodyError("", "JSON is nested too deeply", is_json=False)
    return BodyError("", f"not valid JSON: {error}", is_json=False)


_PATH = re.compile(r"^(.*?)(?: - at `\$?\.?(.*)`)?$", re.DOTALL)


_RULES = (
    (r"Object contains unknown field `(.*)`", "is not a known field", True),
    (r"Object missing required field `(.*)`", "is required", True),
    (r"Expected `int` >= (\d+)", "must be an integer ≥ {0}", False),
    (r"Expected `int` <= (\d+)", "must be an integer ≤ {0}", False),
    (r"Expected `int.*", "must be an integer ≥ 0", False),
    (r"Expected `str` of length >= 1", "must not be empty", False),
    (r"Expected `str` of length <= (\d+)", "must have at most {0} characters", False),
    (r"Expected `str` matching.*", "must not contain control characters", False),
    (r"Expected `str.*", "must be text", False),
    (
        r"(?:Expected `datetime|Invalid RFC3339).*",
        "must be a time with its zone, like 2026-11-22T10:00:00Z",
        False,
    ),
    (r"Expected `object.*", "must be an object", False),
    (r"Expected `array.*", "must be an array", False),
)


def explain(error: msgspec.ValidationError) -> BodyError:
    """msgspec's sentence as field and rule."""
    match = _PATH.match(str(error))
    assert match is not None
    text, path = match[1], match[2] or ""
    for pattern, rule, names_field in _RULES:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found and names_field:
            return BodyError(f"{path}.{found[1]}".lstrip("."), rule)
        if found:
            return BodyError(path, rule.format(*found.groups()))
    return BodyError(path, text)
