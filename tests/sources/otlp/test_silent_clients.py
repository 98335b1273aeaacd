"""Which client sent a model call without tokens, and what its user is told."""

from __future__ import annotations

import pytest

from tests.sources.otlp.bodies import read_traces, span
from tracker.sources.otlp import REASONS
from tracker.sources.otlp.silent_clients import SILENT_CLIENTS, silent_client

LLM = {"openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user"}


@pytest.mark.parametrize(
    ("scope", "slug"),
    [
        ("openinference.instrumentation.openai_agents", "openai-agents"),
        ("openinference.instrumentation.openai", "openai"),
        ("opentelemetry.instrumentation.openai.v1", "openai"),
        ("mlflow.tracing.provider", "mlflow"),
        ("gen_ai", "ai-sdk"),
        # 4.2.7 and 0.27.0, run with openai 7.59.0: of a stream that tells its usage
        # their spans have the text and no token.
        ("@arizeai/openinference-instrumentation-openai", "openai-node"),
        ("@traceloop/instrumentation-openai", "openai-node"),
        # openinference-instrumentation-groq 0.1.33, run: a stream's span has no tokens.
        ("openinference.instrumentation.groq", "groq"),
        ("langsmith", "langchain"),
    ],
)
def test_a_call_without_tokens_is_told_with_its_client(scope: str, slug: str) -> None:
    reading = read_traces(span(1, LLM, scope=scope))

    assert reading.ignored == {f"call_without_usage:{slug}": 1}
    assert (
        "sends messages, says nothing of tokens" in REASONS[next(iter(reading.ignored))]
    )


@pytest.mark.parametrize(
    "scope", ["", "tests", "openinference.instrumentation.openaix"]
)
def test_an_unknown_client_is_told_the_general_cure(scope: str) -> None:
    assert silent_client(scope) is None
    assert read_traces(span(1, LLM, scope=scope)).ignored == {"call_without_usage": 1}
    assert "include_usage" in REASONS["call_without_usage"]


def test_a_client_that_tells_tokens_is_not_named() -> None:
    told = {**LLM, "llm.token_count.prompt": 900}
    found = read_traces(span(1, told, scope="openinference.instrumentation.openai"))
    assert (len(found.reports), found.ignored) == (1, {})


def test_no_scope_is_of_two_clients() -> None:
    scopes = [scope for client in SILENT_CLIENTS for scope in client.scopes]
    assert len(scopes) == len(set(scopes))
    assert all((c := silent_client(s)) and s in c.scopes for s in scopes)
