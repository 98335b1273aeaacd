"""Where alerts may go: public addresses, unless a setting allows others.

A project's administrator chooses the target. Without this check the server would post
into its own network for them. A target that the server's operator sets is not checked.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")


class TargetError(ValueError):
    """Why nothing may be sent to a target, for its owner to read."""


def checked_url(url: str) -> str:
    """The address, if it may be called now. Resolves its host. Raises TargetError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetError("This is not an address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError("Give an address that begins with https:// or http://.")
    if parts.username or parts.password:
        raise TargetError("Leave out name and password: they would be logged.")
    checked_addresses(parts.hostname, port or (443 if parts.scheme == "https" else 80))
    return url


def checked_addresses(
    host: str, port: int, *, may_be_private: bool = False
) -> list[str]:
    """The IP addresses of a host, all of them allowed. Raises TargetError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"The host {host} is not known.") from error
    addresses = [str(item[4][0]) for item in found]
    if not (may_be_private or settings.ALERT_PRIVATE_TARGETS):
        for address in addresses:
            if not _is_public(address):
                raise TargetError(
                    f"{host} is not a public address. The server's operator can allow "
                    "it with TOKEN_BUDGET_ALERT_PRIVATE_TARGETS=1."
                )
    return addresses


def _is_public(address: str) -> bool:
    """Also of the IPv4 address that an IPv6 one leads to: ::ffff:10.0.0.1 (mapped),
    64:ff9b::a00:1 (NAT64, RFC 6052), 2002:a00:1:: (6to4, RFC 3056).
    """
    parsed = ip_address(address.split("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is None and parsed not in _UNICAST:
            return False  # Python calls fec0::1 and ::127.0.0.1 global
        parsed = inner or parsed
    return parsed.is_global and not parsed.is_multicast


class CheckedNetwork(httpcore.SyncBackend):
    """Connects to the very address that was checked. Otherwise a name could answer
    with a public address first and with a private one a moment later.

    All that is sent and read ends `seconds` after the host was resolved.
    """

    def __init__(self, seconds: float, *, may_be_private: bool = False) -> None:
        self._seconds = seconds
        self._may_be_private = may_be_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        (address, *_) = checked_addresses(
            host, port, may_be_private=self._may_be_private
        )
        until = time.monotonic() + self._seconds
        stream = super().connect_tcp(
            address, port, timeout, local_address, socket_options
        )
        return _TimedStream(stream, until)


class _TimedStream(httpcore.NetworkStream):
    """A stream that ends at `until`. httpcore's own limit starts again with each byte:
    a receiver that sends a byte every nine seconds would hold up all projects' alerts
    for days.
    """

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer took too long")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # `until` is the limit
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _TimedStream(stream, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
