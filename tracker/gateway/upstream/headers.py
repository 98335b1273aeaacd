"""Which headers pass between a client and its upstream, in either direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from multidict import CIMultiDict

# They belong to one connection, not to the call (RFC 9110, 7.6.1).
HOP_BY_HOP = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
        b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    )
)  # fmt: skip
# `host` and the length are written anew. Cookies are of this site: the dashboard's
# login must not reach a provider, nor a provider's cookie the dashboard. What a reverse
# proxy before us says of its client is nobody else's business.
NOT_SENT = HOP_BY_HOP | {
    b"host", b"content-length", b"expect", b"cookie", b"forwarded", b"x-real-ip",
}  # fmt: skip
NOT_SENT_PREFIXES = (b"x-token-budget-", b"x-forwarded-")
# Dropped: the server adds its own date.
NOT_RETURNED = HOP_BY_HOP | {b"date", b"set-cookie"}
# 304 may say how long the body would be; the server waits for so many bytes.
NO_BODY = (204, 304)


def request_headers(headers: Iterable[tuple[bytes, bytes]]) -> CIMultiDict[str]:
    """What the upstream gets of the client's headers, in their order."""
    pairs = list(headers)
    left_out = NOT_SENT | _named_by_connection(pairs)
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in pairs:
        lower = name.lower()
        if lower not in left_out and not lower.startswith(NOT_SENT_PREFIXES):
            kept.add(name.decode("latin-1"), _as_sent(value))
    return kept


def _as_sent(value: bytes) -> str:
    """The text whose bytes aiohttp sends, which is UTF-8: read as Latin-1, the title
    "Tür" would arrive as "TÃ¼r".
    """
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def answer_headers(
    status: int, headers: Sequence[tuple[bytes, bytes]], own: Mapping[str, str]
) -> list[tuple[bytes, bytes]]:
    """What the client gets of the upstream's headers, and ours."""
    left_out = NOT_RETURNED | _named_by_connection(headers)
    if status in NO_BODY:
        left_out |= {b"content-length"}
    kept = [(k.lower(), v) for k, v in headers if k.lower() not in left_out]
    return kept + own_pairs(own)


def own_pairs(own: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(k.encode(), v.encode("latin-1", "replace")) for k, v in own.items()]


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    return {
        name.strip().lower()
        for key, value in headers
        if key.lower() == b"connection"
        for name in value.split(b",")
    }
