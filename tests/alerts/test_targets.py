"""Nothing is sent into the server's own network, unless its operator allows it."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest

from tracker.alerts.sending import post
from tracker.alerts.targets import TargetError, checked_url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "http://localhost/hook",
        "http://10.0.0.8/hook",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:a00:1::]/",
        "http://[::127.0.0.1]/",
        "http://[fec0::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
    ],
)
def test_an_address_of_ones_own_network_is_refused(url: str) -> None:
    with pytest.raises(TargetError, match="not a public address"):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "begins with"),
        ("file:///etc/hostname", "begins with"),
        ("hooks.example.com", "begins with"),
        ("https://me:secret@203.0.113.7/", "Leave out"),
        ("http://host:port/", "not an address"),
        ("http://no-such-host.invalid/", "not known"),
    ],
)
def test_what_is_no_target_is_told_why(
    url: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(TargetError, match=why):
        checked_url(url)


def test_a_public_one_is_taken_and_a_setting_allows_others(settings: Any) -> None:
    for host in ("1.1.1.1", "[2606:4700:4700::1111]", "[64:ff9b::101:101]"):
        assert checked_url(f"https://{host}/hook") == f"https://{host}/hook"
    settings.ALERT_PRIVATE_TARGETS = True
    assert checked_url("http://127.0.0.1:9000/") == "http://127.0.0.1:9000/"


def test_the_address_that_is_connected_to_is_the_one_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name answers with a public address first, with loopback afterwards."""
    answers = iter(["1.1.1.1", "127.0.0.1"])
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> Any:
        asked.append(next(answers))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (asked[-1], port))]

    def connect(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing may be connected to")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)

    url = checked_url("http://two-faced.example/")
    with pytest.raises(TargetError, match="not a public address"):
        post(url, {}, b"{}")

    assert asked == ["1.1.1.1", "127.0.0.1"]
