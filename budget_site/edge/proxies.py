"""Finds the caller's address when a trusted proxy forwards the request."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SCHEMES = {b"http": "http", b"https": "https"}


class Proxies:
    """The addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are
    believed: "127.0.0.1", "10.0.0.0/8".

    Raises ImproperlyConfigured for anything else: a mistyped proxy would never be
    believed, and everybody behind it would share its address.
    """

    def __init__(self, name: str, addresses: list[str]) -> None:
        try:
            networks = [ip_network(each, strict=False) for each in addresses]
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}: {error}. Write addresses or networks with commas, like "
                "127.0.0.1,10.0.0.0/8."
            ) from error
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(networks)
        self._is_one = lru_cache(maxsize=1_024)(self._look)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, host: str) -> bool:
        return bool(self._networks) and len(host) < 64 and self._is_one(host)

    def _look(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:  # a Unix socket has none
            return False
        return any(address in network for network in self._networks)


def believe(proxies: Proxies, scope: dict[str, Any]) -> None:
    """Put the caller's address and scheme into the scope of a request.

    From a proxy they are what it says. From anybody else X-Forwarded-Proto is
    removed: Django would read it. X-Forwarded-For stays, as a sign that the
    request came through something: /metrics opens for this machine alone.
    """
    client = scope.get("client")
    if client is None or client[0] not in proxies:
        scope["headers"] = [
            item for item in scope["headers"] if item[0] != b"x-forwarded-proto"
        ]
        return
    headers = scope["headers"]
    scheme = SCHEMES.get(_last(headers, b"x-forwarded-proto").strip().lower())
    if scheme:
        is_socket = scope["type"] == "websocket"
        scope["scheme"] = scheme.replace("http", "ws") if is_socket else scheme
    named = b",".join(v for name, v in headers if name == b"x-forwarded-for")
    # The last proxy's entry is the last one. Before the first entry that is no
    # proxy's, anything may have been written by the caller itself.
    for entry in reversed(named.decode("latin-1").split(",")):
        host = _host(entry.strip())
        if host is None:
            return
        scope["client"] = (host, 0)
        if host not in proxies:
            return


def _last(headers: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((v for name, v in reversed(headers) if name == wanted), b"")


def _host(entry: str) -> str | None:
    """Of "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80"."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return str(ip_address(entry))
    except ValueError:
        return None
