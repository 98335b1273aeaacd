"""What real SDKs sent to the server (see tests.clients.run), read again as it came."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.expected import CALLS, GROUPS, Call
from tests.clients.recording_proxy import Exported, read_fixture
from tracker.api.intake.bodies.of_sources import LITELLM_PATH, OTLP_PATHS, unpacked
from tracker.domain.reports import UsageReport
from tracker.sources.litellm import read_litellm
from tracker.sources.otlp import read_otlp

FIXTURES = Path(__file__).parent / "fixtures" / "clients"


def usage(request: Exported) -> list[UsageReport]:
    encoding = request.headers.get("content-encoding", "").encode()
    body = unpacked(request.body, encoding)
    if request.path == LITELLM_PATH:
        reading = read_litellm(body)
    else:
        kind = request.headers["content-type"]
        reading = read_otlp(OTLP_PATHS[request.path], body, content_type=kind)
    assert (reading.rejected, reading.error_message) == (0, "")
    assert all(isinstance(report, UsageReport) for report in reading.reports)
    return [each for each in reading.reports if isinstance(each, UsageReport)]


def call(report: UsageReport, *, with_id: bool) -> Call:
    return Call(
        report.session,
        report.model,
        report.used_tokens,
        report.output_tokens or 0,
        report.cache_read_tokens or 0,
        report.cache_creation_tokens or 0,
        report.event_id if with_id else None,
    )


@pytest.mark.parametrize("group", GROUPS)
def test_each_call_of_a_real_client_is_reported_once(group: str) -> None:
    requests = read_fixture(FIXTURES / f"{group}.jsonl")
    reports = [report for request in requests for report in usage(request)]

    # A call without a response id is named by its span: random, but one of its own.
    named = {expected.response_id for expected in CALLS[group]}
    calls = [call(each, with_id=each.event_id in named) for each in reports]
    assert sorted(calls, key=str) == sorted(CALLS[group], key=str)
    assert len({report.event_id for report in reports}) == len(reports)
    assert all(report.source == "reported" and report.at for report in reports)
    assert all(report.parts.total == report.used_tokens for report in reports)
    assert all(report.input_tokens == report.used_tokens for report in reports)


def test_the_fixtures_hold_no_key() -> None:
    for path in FIXTURES.iterdir():
        for request in read_fixture(path):
            assert set(request.headers) <= {
                "content-type",
                "content-encoding",
                "user-agent",
            }
            body = unpacked(
                request.body, request.headers.get("content-encoding", "").encode()
            )
            assert b"tb_" not in body
