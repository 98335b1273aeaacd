"""Where alerts may go: public addresses, unless a setting allows others.

A project's administrator chooses the target. Without this check the server would post
into its own network for them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings


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


def checked_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, all of them allowed. Raises TargetError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"The host {host} is not known.") from error
    addresses = [str(item[4][0]) for item in found]
    if not settings.ALERT_PRIVATE_TARGETS:
        for address in addresses:
            parsed = ip_address(address.split("%")[0])
            parsed = getattr(parsed, "ipv4_mapped", None) or parsed
            if not parsed.is_global or parsed.is_multicast:
                raise TargetError(
                    f"{host} is not a public address. The server's operator can allow "
                    "it with TOKEN_BUDGET_ALERT_PRIVATE_TARGETS=1."
                )
    return addresses


class CheckedNetwork(httpcore.SyncBackend):
    """Connects to the very address that was checked. Otherwise a name could answer
    with a public address first and with a private one a moment later.
    """

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        (address, *_) = checked_addresses(host, port)
        return super().connect_tcp(
            address, port, timeout, local_address, socket_options
        )
