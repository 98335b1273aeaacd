"""Which bodies are accepted: JSON and NDJSON, not compressed."""

from __future__ import annotations

from tracker.api.errors import ApiError

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
# curl sends the second one where no header is given, as in most first attempts.
JSON = ("application/json", "application/x-www-form-urlencoded", "")


def is_ndjson(content_type: str) -> bool:
    """NDJSON, or else JSON. Raises ApiError 415 for anything else."""
    kind = content_type.split(";")[0].strip().lower()
    if kind in NDJSON:
        return True
    if kind in JSON or kind.startswith("text/") or kind.endswith("+json"):
        return False
    raise ApiError(415, "content_type", "send application/json or application/x-ndjson")


def refuse_compressed(content_encoding: str) -> None:
    if content_encoding.strip().lower() not in ("", "identity"):
        raise ApiError(415, "content_encoding", "send the body uncompressed")


def check_json_body(content_type: str, content_encoding: str) -> None:
    """For addresses that accept one JSON object. Raises ApiError 415."""
    refuse_compressed(content_encoding)
    if is_ndjson(content_type):
        raise ApiError(415, "content_type", "send application/json")
