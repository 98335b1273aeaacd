"""The contract: complete, and true of what is really answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.api.conftest import LONG_TALK

SHOULD_COMPRESS = {"before_tokens": 180_000, "after_tokens": 40_000, "event_id": "c"}


@pytest.fixture
def contract(project: Any) -> dict[str, Any]:
    from tracker.api.openapi.document import document

    return document()


def check(contract: dict[str, Any], path: str, method: str, response: Any) -> None:
    """This answer is one that the document promises, to the last field."""
    promised = contract["paths"][path][method]["responses"]
    assert str(response.status_code) in promised, (path, response.status_code)
    content = promised[str(response.status_code)]["content"]
    schema = content["application/json"]["schema"]
    whole = {**schema, "components": contract["components"]}
    found = jsonschema_rs.validator_for(whole, validate_formats=True)
    problems = [
        f"{list(e.instance_path)}: {e.message[:300]}"
        for e in found.iter_errors(response.json())
    ]
    assert not problems, (path, method, problems)


COUNTED_AND_REPORTED = [
    {
        "session": "c",
        "model": "claude-sonnet-4-5",
        "messages": LONG_TALK[: 2 * turn],
        "usage": {"input_tokens": 30_000 * turn, "output_tokens": 9},
    }
    for turn in (1, 2, 3)
]


PLAN = {"rate_limits": {"five_hour": {"used_percentage": 5, "resets_at": 4e9}}}


async def test_every_answer_is_as_promised(
    api: Any, report: Any, contract: dict[str, Any]
) -> None:
    base = "/sessions/{session}"
    await report("s", 163_000, event_id="u", lane="helper")
    calls: list[tuple[str, str, str, Any]] = [
        ("post", "/usage", "/usage", {"session": "s", "tokens": {"history": 190_000}}),
        ("post", "/usage", "/usage", {"session": "s", "tokens": {}} | PLAN),
        ("post", "/usage", "/usage", [{"session": "t", "tokens": {}}, {}]),
        ("post", "/usage", "/usage", [{}]),
        ("post", "/usage", "/usage", {}),
        *(("post", "/usage", "/usage", body) for body in COUNTED_AND_REPORTED),
        ("post", "/usage", "/usage", b"{"),
        (
            "post",
            "/usage",
            "/usage",
            {
                "session": "s",
                "at": "2020-01-01T00:00:00Z",
                "model": "gpt-4o",
                "usage": {"prompt_tokens": 5, "completion_tokens": 1},
            },
        ),
        ("post", f"{base}/compressions", "/sessions/s/compressions", SHOULD_COMPRESS),
        ("post", f"{base}/compressions", "/sessions/s/compressions", SHOULD_COMPRESS),
        (
            "post",
            f"{base}/compressions",
            "/sessions/s/compressions",
            {"before": LONG_TALK, "after": LONG_TALK[:3], "summary": "x"},
        ),
        ("post", f"{base}/compressions", "/sessions/s/compressions", {}),
        *(
            ("post", f"{base}/optimize", "/sessions/o/optimize", body)
            for body in (
                {"messages": LONG_TALK, "dry_run": True},
                {"messages": LONG_TALK, "event_id": "o"},
                {"messages": LONG_TALK, "event_id": "o"},
                {"messages": LONG_TALK},
                {"messages": []},
                {"messages": [1]},
            )
        ),
        ("get", "/sessions", "/sessions", None),
        ("get", "/sessions", "/sessions?limit=1", None),
        ("get", "/sessions", "/sessions?limit=x", None),
        ("get", base, "/sessions/s", None),
        ("get", base, "/sessions/o", None),
        ("get", base, "/sessions/c", None),
        ("get", base, "/sessions/none", None),
        ("get", f"{base}/usage", "/sessions/s/usage", None),
        ("get", f"{base}/usage", "/sessions/none/usage", None),
        ("get", f"{base}/recall", "/sessions/s/recall?q=port", None),
        ("get", f"{base}/composition", "/sessions/s/composition", None),
        ("get", f"{base}/recall", "/sessions/s/recall", None),
        ("get", f"{base}/events", "/sessions/s/events", None),
        ("get", f"{base}/compressions", "/sessions/s/compressions", None),
        ("get", "/events", "/events", None),
        ("get", "/events", "/events?after=0", None),
        ("get", "/plan-limits", "/plan-limits", None),
        ("get", "/plan-limits", "/plan-limits?x=1", None),
        ("get", "/spend", "/spend?table=session", None),
        ("get", "/spend", "/spend?table=yearly", None),
        ("get", "/compressions", "/compressions", None),
        ("get", "/compressions/{id}", "/compressions/1", None),
        ("get", "/compressions/{id}", "/compressions/2", None),
        ("get", "/compressions/{id}", "/compressions/999", None),
        *(
            ("post", "/compressions/{id}/review", "/compressions/1/review", body)
            for body in (
                {"review": "accepted", "note": "Good."},
                {"review": "flagged", "expected": "pending"},
                {},
            )
        ),
    ]

    seen = set()
    for method, path, target, body in calls:
        if method == "get":
            response = await api.get(target)
        else:
            response = await api.post(target, body)
        check(contract, f"/api/v1{path}", method, response)
        refused = await api.request(method.upper(), target, key="tb_wrong")
        check(contract, f"/api/v1{path}", method, refused)
        seen.add((f"/api/v1{path}", method))
    for path in ("/healthz", "/readyz"):
        check(contract, path, "get", await api.client.get(path))
        seen.add((path, "get"))

    elsewhere = ("/api/v1/export", "/api/v1/sources", "/api/v1/openapi", "/api/v1/docs")
    own = {
        (path, method)
        for path, method, _ in operations(contract)
        if path.startswith("/api/v1/") and not path.startswith(elsewhere)
    }
    assert own <= seen


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, item in contract["paths"].items():
        for method in ("get", "post"):
            if method in item:
                yield path, method, item[method]


def test_every_address_of_the_code_is_in_the_document(contract: dict[str, Any]) -> None:
    from tracker.api import urls
    from tracker.api.intake import usage as intake
    from tracker.api.intake.bodies.of_sources import PATHS
    from tracker.api.sessions.views import ACTIONS

    documented = set(contract["paths"])
    names = {"<int:pk>": "{id}", "<str:what>": "{what}", "<str:kind>": "{format}"}
    wanted = {intake.PATH, *PATHS}
    for pattern in urls.urlpatterns:
        route = f"/{pattern.pattern}"
        for own, shown in names.items():
            route = route.replace(own, shown)
        if pattern.name == "api-session":
            base = "/api/v1/sessions/{session}"
            wanted |= {f"{base}/{action}".rstrip("/") for action in ACTIONS}
        elif pattern.name != "api-unknown":
            wanted.add(route)

    assert documented == wanted


def test_it_is_a_valid_openapi_document(contract: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(contract)]

    assert contract["openapi"] == "3.1.0"
    assert len(names) == len(set(names))
    for path, _, operation in operations(contract):
        declared = {
            p["name"]
            for p in (
                *contract["paths"][path].get("parameters", ()),
                *operation.get("parameters", ()),
            )
            if p["in"] == "path"
        }
        assert declared == {
            part[1 : part.index("}")] for part in path.split("/") if "{" in part
        } | ({"format"} if "{format}" in path else set())
    for schema in contract["components"]["schemas"].values():
        whole = {**schema, "components": contract["components"]}
        jsonschema_rs.validator_for(whole)


def test_a_bodys_schema_refuses_what_the_code_refuses(contract: dict[str, Any]) -> None:
    whole = {
        **contract["components"]["schemas"]["UsageBody"],
        "components": contract["components"],
    }
    body = jsonschema_rs.validator_for(whole)

    assert body.is_valid({"session": "s", "tokens": {"history": 5}})
    for wrong in (
        {"session": "s"},
        {"session": "", "tokens": {}},
        {"session": "a\nb", "tokens": {}},
        {"session": "s", "tokens": {"history": -1}},
        {"session": "s", "tokens": {"history": 10**12 + 1}},
        {"session": "s", "tokens": {}, "colour": 1},
    ):
        assert not body.is_valid(wrong), wrong


async def test_it_is_served_to_anybody_without_a_key(api: Any) -> None:
    response = await api.client.get("/api/v1/openapi.json")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["openapi"] == "3.1.0"


async def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere(
    api: Any, report: Any, contract: dict[str, Any]
) -> None:
    await report("secret-session", 5)

    response = await api.client.get("/api/v1/docs")

    assert response.status_code == 200
    page = response.text
    for path, method, operation in operations(contract):
        assert f'id="{operation["operationId"]}"' in page
        assert f"<b>{method.upper()}</b><code>{path}</code>" in page
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "secret-session" not in page
    assert "style=" not in page
    for start in ('src="http', 'href="http', "src='http", 'src="//'):
        assert start not in page


async def test_both_are_read_only(api: Any) -> None:
    for path in ("/docs", "/openapi.json"):
        assert (await api.post(path, {})).status_code in (403, 405)


def test_messages_have_their_shape_in_every_body(contract: dict[str, Any]) -> None:
    bodies = contract["components"]["schemas"]

    for body, name in (
        ("OptimizeBody", "messages"),
        ("OptimizeBody", "tools"),
        ("CompressionBody", "before"),
        ("CompressionBody", "after"),
    ):
        shape = bodies[body]["properties"][name]
        assert "array" in str(shape), (body, name)
