"""By what callers are counted, and how seldom a refusal is logged."""

from __future__ import annotations

import logging

import pytest

from budget_site.edge.connections import OpenConnections, Refusals, caller


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_of_one_customer_is_one_caller(host: str, who: str) -> None:
    assert caller(host) == who


def test_who_has_left_is_forgotten() -> None:
    open_ones = OpenConnections()

    assert open_ones.enter("a", 1)
    assert not open_ones.enter("a", 1)
    assert open_ones.enter("b", 1)
    open_ones.leave("a")

    assert (open_ones.of("a"), open_ones.of("b")) == (0, 1)
    assert open_ones.enter("a", 1)


def test_a_reason_is_logged_once_in_ten_seconds_with_how_many_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    refusals = Refusals(lambda: now[0])

    with caplog.at_level(logging.WARNING):
        for _ in range(40):
            refusals.note("its head took too long", "192.0.2.1")
        refusals.note("its body took too long", "192.0.2.1")
        now[0] = 10
        refusals.note("its head took too long", "192.0.2.2")

    assert [record.getMessage() for record in caplog.records] == [
        "Refused a connection of 192.0.2.1: its head took too long",
        "Refused a connection of 192.0.2.1: its body took too long",
        "Refused a connection of 192.0.2.2, and 39 before it: its head took too long",
    ]
