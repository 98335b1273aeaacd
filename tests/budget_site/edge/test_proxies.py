"""Whose word is taken for where a request came from."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from budget_site.edge.proxies import Proxies, believe

OURS = Proxies("X", ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])


def seen(
    client: str | None, kind: str = "http", proxies: Proxies = OURS, **headers: str
) -> tuple[str | None, str, list[str]]:
    """Address, scheme, and the names of the headers that are left."""
    scope: dict[str, Any] = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": None if client is None else (client, 5),
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in headers.items()
        ],
    }
    believe(proxies, scope)
    address = scope["client"] and scope["client"][0]
    return address, scope["scheme"], [name.decode() for name, _ in scope["headers"]]


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", "203.0.113.7"),  # the first was sent by the caller
        ("203.0.113.7, 10.3.4.5", "203.0.113.7"),  # two proxies of ours
        ("10.0.0.9", "10.0.0.9"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db9::7]:80", "2001:db9::7"),
        ("2001:db9::7", "2001:db9::7"),
        ("unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_configured_proxy_says_who_asks(named: str, address: str) -> None:
    assert seen("127.0.0.1", x_forwarded_for=named)[0] == address


def test_a_configured_proxy_says_how_it_was_asked() -> None:
    assert seen("10.9.9.9", x_forwarded_proto="https")[1] == "https"
    assert seen("10.9.9.9", "websocket", x_forwarded_proto="https")[1] == "wss"
    assert seen("10.9.9.9", x_forwarded_proto="gopher")[1] == "http"


@pytest.mark.parametrize("client", ["192.0.2.1", "2001:db9::1", "::1", None, "socket"])
def test_nobody_else_is_believed(client: str | None) -> None:
    said = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https"}

    # The first header stays: /metrics takes it as a sign of a proxy.
    assert seen(client, **said) == (client, "http", ["x-forwarded-for"])


def test_without_a_setting_not_even_this_machine_is_believed() -> None:
    none = Proxies("X", [])

    assert seen("127.0.0.1", proxies=none, x_forwarded_for="1.1.1.1")[0] == "127.0.0.1"


def test_a_mistyped_proxy_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"X: 'proxy\.local' .*127\.0\.0\.1"):
        Proxies("X", ["proxy.local"])
