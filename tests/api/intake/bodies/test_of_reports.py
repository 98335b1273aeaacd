"""Content types and encodings: what is JSON under any header, what is refused."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from tests.api.intake.request_bodies import GOOD, PATHS, stored
from tracker.api.intake import growing
from tracker.api.intake.bodies.of_reports import read_reports
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.reports import UsageReport

CHAT = [{"role": "user", "content": "Look"}, {"role": "assistant", "content": "Yes"}]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/xml"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br"},
    ],
    ids=str,
)
async def test_other_kinds_of_body_are_415(
    api: Any, in_db: Any, path: str, headers: dict[str, str]
) -> None:
    response = await api.post(path, gzip.compress(GOOD[path]), headers=headers)

    assert response.status_code == 415, response.text
    assert await stored(in_db) == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
    ],
)
async def test_json_under_the_headers_people_forget_is_taken(
    api: Any, path: str, kind: str
) -> None:
    response = await api.post(path, GOOD[path], headers={"Content-Type": kind})

    assert response.status_code == 201, response.text


@pytest.mark.parametrize("path", PATHS)
async def test_a_chunked_body_needs_no_length(api: Any, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for n in range(0, len(GOOD[path]), 7):
            yield GOOD[path][n : n + 7]

    response = await api.request(
        "POST", path, content=chunks(), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 201, response.text


async def test_tools_that_are_too_deep_to_weigh_are_400(
    api: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their text is deeper by some calls than what was decoded: about 990 objects."""

    def too_deep(tools: Any) -> dict[str, int]:
        raise RecursionError

    monkeypatch.setattr(growing, "definition_weights", too_deep)
    body = {
        "session": "s",
        "messages": [{"role": "user", "content": "x"}],
        "tools": [{"name": "Read"}],
    }
    response = await api.post("/usage", body)

    assert response.status_code == 400, response.text
    assert response.json()["error"]["message"] == "JSON is nested too deeply"
    assert await stored(in_db) == 0


def test_what_is_counted_names_its_program_and_what_fills_it(project: Any) -> None:
    asked: list[str] = []

    def client() -> str:
        asked.append("curl")
        return "curl"

    def read(**body: Any) -> UsageReport:
        given = msgspec.json.encode({"session": "s", **body})
        grant = KeyGrant(1, project.pk, frozenset({"ingest"}), None, None)
        (found,) = read_reports(given, grant, False, client).reports
        assert found.report is not None
        return found.report

    told = read(tokens={"history": 9})
    assert (told.client, told.added, told.composition, asked) == ("", "", "", [])

    counted = read(messages=CHAT)
    assert counted.client == "curl"
    assert counted.added.endswith("\tassistant_text\tAnswer")
    assert '"messages":2' in counted.composition

    # Not all is understood: nothing is learnt of it, but it shows what fills it.
    strange = {"role": "user", "content": [{"type": "hologram"}]}
    usage = {"input_tokens": 90, "output_tokens": 1}
    partly = read(messages=[*CHAT, strange], usage=usage)
    assert (partly.client, partly.counted) == ("", None)
    assert '"messages":3' in partly.composition
