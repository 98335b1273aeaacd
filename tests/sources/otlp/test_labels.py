"""Whose a session is, from the attributes of the resource that reported it."""

from __future__ import annotations

import pytest

from tests.sources.otlp.bodies import CALL, only, read_logs, read_traces, span
from tracker.sources.otlp.labels import labels_of

RESOURCE = {"team.id": "billing", "department": "payments", "host.name": "laptop-7"}
REQUEST = {
    "body": "claude_code.api_request", "event.name": "api_request",
    "session.id": "5c00", "model": "claude-sonnet-4-5", "input_tokens": 851,
    "request_id": "req_1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "labels"),
    [
        ({"team": "a", "team.id": "b"}, {"team": "a"}),
        ({"enduser.id": "kim"}, {"user": "kim"}),
        ({"vcs.ref.head.name": "fix"}, {"branch": "fix"}),
        ({"team": "  ", "team.name": 7}, {}),
    ],
)
def test_each_label_is_the_first_text_that_says_it(resource, labels):
    assert labels_of(resource) == labels


def test_a_label_holds_no_control_characters_and_is_cut():
    label = labels_of({"team": "a\x00b" + "c" * 500})["team"]

    assert "\x00" not in label and len(label) <= 200


def test_a_call_of_a_trace_says_whose_it_is():
    report = only(read_traces(span(1, CALL), resource=RESOURCE))

    assert report.metadata == {
        "scope": "tests", "team": "billing", "department": "payments",
    }  # fmt: skip


def test_an_event_of_a_coding_agent_says_whose_it_is():
    report = only(read_logs(REQUEST, resource=RESOURCE))

    assert report.metadata["team"] == "billing"
    assert "host.name" not in report.metadata
