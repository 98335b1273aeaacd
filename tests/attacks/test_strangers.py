"""What somebody without a key can do to the others: nothing that lasts.

Each attack is one that once worked.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket

import httpx
import psutil

from tests.attacks.conftest import Target


def closed(one: socket.socket) -> bytes:
    """What the server said before it closed; waits for that."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while chunk := one.recv(65536):
            said += chunk
    return said


def test_connections_that_say_nothing_keep_nobody_out(target: Target) -> None:
    crowd = [target.connect() for _ in range(60)]

    with target.honest() as client:
        for number in range(10):
            target.report(client, number)
    answers = [closed(one)[9:12] for one in crowd]

    assert answers.count(b"429") >= 10  # one address has 50
    assert set(answers) == {b"429", b"408"}  # and those end, too
    assert "its address has 50 connections already" in target.log.read_text()


def test_heads_without_end_take_no_memory(target: Target) -> None:
    process = psutil.Process(target.process.pid)
    before = process.memory_info().rss

    for _ in range(40):
        one = target.connect()
        with contextlib.suppress(ConnectionError):
            one.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 4_000_000)
        one.close()
    grown = process.memory_info().rss - before

    assert grown < 30_000_000  # 160 MB were sent
    with target.honest() as client:
        target.report(client, 100)


def test_who_wastes_connections_waits_and_keeps_nobody_out(target: Target) -> None:
    for _ in range(40):
        one = target.connect()
        one.sendall(b"\x16\x03\x01 this is no HTTP")
        closed(one)
    crowd, unanswered = [], 0
    for _ in range(100):
        try:
            crowd.append(target.connect())
        except ConnectionResetError:  # closed before `connect` came back
            unanswered += 1

    with target.honest() as client:
        target.report(client, 200)
    unanswered += [closed(one) for one in crowd].count(b"")

    assert unanswered >= 50  # no more than 16 wait
    assert f"New connections of {target.stranger} wait" in target.log.read_text()
    with target.honest(target.stranger) as neighbour:  # waits a second at most
        target.report(neighbour, 201)


def test_keys_are_not_tried_without_end_on_one_connection(target: Target) -> None:
    guessing = http.client.HTTPConnection(
        "127.0.0.1", target.port, timeout=60, source_address=(target.stranger, 0)
    )
    answered, is_over = 0, False

    with target.honest(target.stranger) as neighbour:
        target.report(neighbour, 300)
        while not is_over and answered < 200:
            wrong = {"authorization": "Bearer tb_guess"}
            guessing.request("POST", "/api/v1/usage", b"{}", wrong)
            answer = guessing.getresponse()
            answer.read()
            assert answer.status == 401
            is_over = answer.getheader("connection") == "close"
            answered += 1
        target.report(neighbour, 301)  # on a connection that was open

    assert 20 < answered < 100  # one is forgiven each second
    assert f"New connections of {target.stranger} wait" in target.log.read_text()


def test_bodies_that_nobody_asked_for_reach_neither_disk_nor_memory(
    target: Target,
) -> None:
    head = (
        b"POST /api/v1/sessions/s/optimize HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        b"authorization: Bearer tb_nobodys\r\ncontent-length: 20000000\r\n\r\n"
    )

    for _ in range(20):
        one = target.connect()
        with contextlib.suppress(ConnectionError):
            one.sendall(head + b"x" * 3_000_000)
        assert one.recv(12) == b"HTTP/1.1 401"

    assert list(target.temporary.rglob("*")) == []


def test_a_body_that_drips_is_not_waited_for(target: Target) -> None:
    one = target.connect()
    one.sendall(
        b"POST /login/ HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\na"
    )

    assert closed(one).startswith(b"HTTP/1.1 408")


def test_another_address_in_a_header_gives_no_more_guesses(target: Target) -> None:
    statuses = []
    with httpx.Client(base_url=target.address, timeout=60) as client:
        page = client.get("/login/").text
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        for number in range(7):
            form = {"username": "admin", "password": "x", "csrfmiddlewaretoken": token}
            forged = {"X-Forwarded-For": f"203.0.113.{number}"}
            statuses.append(client.post("/login/", data=form, headers=forged))

    assert [answer.status_code for answer in statuses] == [200] * 5 + [429] * 2


def test_metrics_open_to_nobody_who_came_through_something(target: Target) -> None:
    answer = httpx.get(
        f"{target.address}/metrics",
        headers={"X-Forwarded-For": "127.0.0.1"},
        timeout=60,
    )

    assert answer.status_code == 401


def test_a_previewed_login_link_still_works_and_a_forged_form_does_not(
    target: Target,
) -> None:
    link = target.manage("login_link", "--address", target.address).strip()

    for _ in range(2):
        assert httpx.get(link, timeout=60).status_code == 200
    assert httpx.post(link, timeout=60).status_code == 403
    with httpx.Client(timeout=60) as client:
        page = client.get(link).text
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        answer = client.post(link, data={"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
