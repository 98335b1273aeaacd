"""A call of google-genai that ran tools by itself tells its last request alone."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.sources.otlp.bodies import read_traces, span
from tests.sources.otlp.call_spans import usage

GENAI = "opentelemetry.util.genai.handler"


def call(operation: str = "generate_content") -> dict[str, Any]:
    attributes = usage(gen_ai__operation__name=operation)
    return span(1, attributes, scope=GENAI)


def tool(parent: int = 1, scope: str = GENAI) -> dict[str, Any]:
    operation = {"gen_ai.operation.name": "execute_tool"}
    return span(2, operation, scope=scope, parent=parent)


def test_it_is_marked_in_whatever_order_its_spans_come() -> None:
    for order in permutations([call(), tool()]):
        (report,) = read_traces(*order).reports
        assert report.partial == "tool_loop"


@pytest.mark.parametrize(
    "spans",
    [
        [call()],
        [call("chat"), tool()],
        [call(), tool(parent=7)],
        [call(), tool(scope="openinference.instrumentation.google_genai")],
    ],
)
def test_other_calls_tell_all(spans: list[dict[str, Any]]) -> None:
    (report,) = read_traces(*spans).reports
    assert report.partial == ""
