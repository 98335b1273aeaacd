"""A connection that counts among those of its address."""

from __future__ import annotations

import asyncio

from django.conf import settings

from budget_site.edge.connections import caller, connections


class Counted:
    """Counts its connection from `enter` until `leave`."""

    _who: str | None = None
    _stranger = ""  # who it is, also where it was refused; "" for a proxy

    def enter(self, transport: asyncio.BaseTransport) -> str:
        """Why the connection must be refused; "" where it may stay."""
        host = peer(transport)
        if host and host not in settings.PROXIES:
            who, most = caller(host), settings.CONNECTIONS_PER_ADDRESS
            self._stranger = who
            if not connections.enter(who, most):
                return f"its address has {most} connections already"
            self._who = who
        return ""

    def leave(self) -> None:
        if self._who is not None:
            connections.leave(self._who)
            self._who = None


def peer(transport: asyncio.BaseTransport) -> str:
    """The address at the other end; "" for a Unix socket."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, (tuple, list)) else ""
