"""Other people's session ids -> keys that the contract allows."""

from __future__ import annotations

from hashlib import sha256
from unicodedata import category

MAX_SESSION = 255


def valid_session(value: str) -> str:
    """`value` as a session key: no control characters, at most 255 long.

    What is longer keeps its head and ends in a digest of the whole, so that two long
    ids stay two sessions.
    """
    if not value.isprintable():
        value = "".join(c for c in value if category(c) not in ("Cc", "Cs"))
    key = value.strip()
    if len(key) <= MAX_SESSION:
        return key
    digest = sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{key[: MAX_SESSION - 17]}~{digest}"
