"""Other people's ids and names -> ones that the contract allows."""

from __future__ import annotations

from hashlib import sha256
from unicodedata import category

MAX_SESSION = 255


def without_controls(value: str) -> str:
    """`value` as the contract's names are: no control characters, valid UTF-8."""
    if value.isprintable():
        return value
    return "".join(c for c in value if category(c) not in ("Cc", "Cs"))


def valid_session(value: str) -> str:
    """`value` as a session key: no control characters, at most 255 long.

    What is longer keeps its head and ends in a digest of the whole, so that two long
    ids stay two sessions.
    """
    key = without_controls(value).strip()
    if len(key) <= MAX_SESSION:
        return key
    digest = sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{key[: MAX_SESSION - 17]}~{digest}"
