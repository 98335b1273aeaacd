"""Pages that help when something went wrong, and the favicon."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory


def test_an_unknown_address_leads_back(member):
    answer = member.get("/no-such-page/")

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert 'href="/sessions/"' in answer.content.decode()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("403.html", "You don't have access to this page"),
        ("403_csrf.html", "This form has expired"),
        ("400.html", "Bad request"),
    ],
)
def test_refusals_say_what_to_do(template, text, member):
    request = RequestFactory().get("/")
    request.user = member.user

    assert text in render_to_string(template, request=request)


def test_the_page_of_a_broken_server_needs_nothing_of_it():
    text = render_to_string("500.html")

    assert "Something went wrong on the server" in text


@pytest.mark.parametrize(
    ("query", "number"),
    [("", None), ("?alarms=3", "3"), ("?alarms=120", "99"), ("?alarms=<x>", None)],
)
def test_the_favicon_counts_the_alarms(client, query, number):
    answer = client.get(f"/favicon.svg{query}")

    text = answer.content.decode()
    assert answer["Content-Type"] == "image/svg+xml"
    assert ("<text" in text) == (number is not None)
    assert number is None or f">{number}</text>" in text
    assert "<x>" not in text


@pytest.mark.parametrize(
    ("query", "drawn"),
    [
        ("?used=80&level=critical", 'M6 12h16.0v8H6z" fill="#cc2539"'),
        ("?used=0&level=ok", 'M6 12h0.0v8H6z" fill="#8891a0"'),
        ("?used=999&level=<x>", 'M6 12h20.0v8H6z" fill="#8891a0"'),
        ("", 'M6 12h13.0v8H6z" fill="#8891a0"'),
    ],
)
def test_the_favicon_is_a_sessions_gauge(client, query, drawn):
    svg = client.get(f"/favicon.svg{query}").content.decode()

    assert drawn in svg and "<circle" not in svg
