"""What a LangChain run says becomes a report; the handler needs LangChain alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tracker.client.langchain import Run, RunLog, run_report
from tracker.domain.providers.reported_usage import normalise_usage

OPENAI = {"prompt_tokens": 1115, "completion_tokens": 37, "total_tokens": 1152}
ANTHROPIC = {
    "input_tokens": 3,
    "cache_read_input_tokens": 13,
    "cache_creation_input_tokens": 9,
    "output_tokens": 29,
    "service_tier": None,
}
CONVERTED = {
    "input_tokens": 25,
    "output_tokens": 29,
    "total_tokens": 54,
    "input_token_details": {
        "cache_read": 13,
        "cache_creation": 0,
        "ephemeral_5m_input_tokens": 9,
    },
}
RUN = Run("chat-1", 3)


def result(meta: Any = None, usage: Any = None, output: Any = None) -> SimpleNamespace:
    message = SimpleNamespace(response_metadata=meta, usage_metadata=usage)
    generation = SimpleNamespace(message=message)
    return SimpleNamespace(generations=[[generation]], llm_output=output)


def told(response: Any) -> dict[str, Any]:
    report = run_report(response, RUN, "r1")
    assert report is not None
    return report


def test_the_usage_of_openai_is_taken_as_it_came() -> None:
    meta = {"token_usage": OPENAI, "model_name": "gpt-5", "id": "chatcmpl-1"}

    report = told(result(meta, CONVERTED))

    assert report == {
        "session": "chat-1",
        "message_count": 3,
        "usage": OPENAI,
        "model": "gpt-5",
        "event_id": "chatcmpl-1",
    }


def test_the_usage_of_anthropic_is_taken_as_it_came() -> None:
    report = told(result({"usage": ANTHROPIC, "model": "claude", "id": "msg_1"}))

    assert normalise_usage(report["usage"]).used_tokens == 25
    assert "service_tier" not in report["usage"]
    assert (report["model"], report["event_id"]) == ("claude", "msg_1")


def test_a_streams_usage_is_langchains_own_with_the_lost_cache_writes() -> None:
    report = told(result({"model_name": "claude"}, CONVERTED))

    usage = normalise_usage(report["usage"])
    assert (usage.used_tokens, usage.output_tokens) == (25, 29)
    assert (usage.cache_read_tokens, usage.cache_creation_tokens) == (13, 9)
    assert report["event_id"] == "langchain-r1"


def test_the_cache_writes_that_langchain_knows_are_kept() -> None:
    details = {"cache_creation": 5, "ephemeral_5m_input_tokens": 9}
    usage = {**CONVERTED, "input_token_details": details}

    report = told(result({}, usage))

    assert report["usage"]["input_token_details"]["cache_creation"] == 5


def test_plain_completions_have_their_usage_beside() -> None:
    output = {"token_usage": OPENAI, "model_name": "gpt-3.5-instruct"}
    response = SimpleNamespace(generations=[[object()]], llm_output=output)

    report = told(response)

    assert (report["usage"], report["model"]) == (OPENAI, "gpt-3.5-instruct")


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": 0}], ids=str)
def test_a_run_without_usage_is_no_report(usage: Any) -> None:
    assert run_report(result({}, usage), RUN, "r1") is None


def test_a_run_remembers_its_session_and_messages() -> None:
    runs = RunLog()
    system, human = SimpleNamespace(type="system"), SimpleNamespace(type="human")
    runs.start("a", [[system, human]], {"thread_id": 7})
    runs.start("b", ["prompt"], {"session_id": "chat-1", "thread_id": "x"})
    runs.start("c", [], None)

    assert runs.end("a") == Run("7", 1)
    assert runs.end("b") == Run("chat-1", 1)
    assert runs.end("c") == Run(None, None)
    assert runs.end("never begun") == Run(None, None)


def test_runs_that_never_end_do_not_pile_up() -> None:
    runs = RunLog()
    for number in range(10_050):
        runs.start(number, [], {"session_id": "s"})

    assert runs.end(0) == Run(None, None)
    assert runs.end(10_049).session == "s"


def test_the_handler_reports_runs_of_a_real_langchain() -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.language_models import FakeMessagesListChatModel
    from langchain_core.messages import AIMessage

    from tracker.client.langchain import callback_handler

    reports: list[dict[str, Any]] = []

    class Budget:
        def report(self, **fields: Any) -> None:
            reports.append(fields)

    answer = AIMessage("Paris.", response_metadata={"token_usage": OPENAI, "id": "c-1"})
    model = FakeMessagesListChatModel(responses=[answer])
    handlers = [callback_handler(Budget())]
    model.invoke(
        [("system", "tutor"), ("user", "Hello")],
        config={"callbacks": handlers, "metadata": {"session_id": "chat-1"}},
    )

    (report,) = reports
    assert (report["session"], report["event_id"]) == ("chat-1", "c-1")
    assert report["message_count"] == 1
