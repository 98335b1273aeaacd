"""One POST: where it goes, and what becomes of it when there is no answer."""

from __future__ import annotations

import pytest

from tests.client.fake_server import BudgetServer
from tracker.client.config import Config
from tracker.client.sending.receipts import Receipt
from tracker.client.sending.transport import Transport


def send(url: str, key: str = "tb_1") -> Receipt:
    transport = Transport(Config.of(url, key))
    receipt = transport.send([b'{"n": 1}', b'{"n": 2}'])
    transport.close()
    transport.close()
    return receipt


def test_a_batch_goes_to_the_usage_endpoint_with_the_key(server: BudgetServer) -> None:
    assert send(server.url + "/", " tb_1 ") == Receipt("settled")

    (request,) = server.requests
    assert request.path == "/api/v1/usage"
    assert request.json() == [{"n": 1}, {"n": 2}]
    assert request.headers["Authorization"] == "Bearer tb_1"
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:9", "later"),
        ("http://a\x00b", "refused"),
        ("127.0.0.1", "refused"),
    ],
    ids=["nobody listens", "no address", "no scheme"],
)
def test_without_an_answer_nothing_is_raised(url: str, kind: str) -> None:
    receipt = send(url)

    assert receipt.kind == kind
    assert receipt.reason


@pytest.mark.parametrize("key", ["tb_…", "tb_1\ntb_2"], ids=ascii)
def test_a_key_that_no_header_can_hold_is_refused_and_not_told(
    key: str, server: BudgetServer
) -> None:
    receipt = send(server.url, key)

    assert receipt == Receipt("refused", "the key has characters that no key has")
    assert server.requests == []


def test_a_proxy_setting_that_cannot_be_used_leaves_reports_for_later(
    server: BudgetServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "carrier-pigeon://127.0.0.1")

    receipt = send(server.url)

    assert receipt.kind == "later"
    assert "proxy" in receipt.reason.lower()


def test_a_redirect_is_not_followed_with_the_key(server: BudgetServer) -> None:
    server.status, server.location = 307, f"{server.url}/elsewhere"

    assert send(server.url).kind == "later"
    assert [request.path for request in server.requests] == ["/api/v1/usage"]


def test_after_a_reset_a_new_connection_is_opened(server: BudgetServer) -> None:
    transport = Transport(Config.of(server.url, "tb_1"))
    for _ in range(2):
        transport.send([b"{}"])
    inherited = transport._http
    transport.reset()
    transport.send([b"{}"])
    transport.close()
    assert inherited is not None
    inherited.close()

    ports = [request.client_port for request in server.requests]
    assert ports[0] == ports[1] != ports[2]
