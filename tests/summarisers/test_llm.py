"""The summary of a model: asked for, checked, and replaced when it does not hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from tests.domain.small_talk import chat, user
from tests.summarisers.fake_provider import FakeProvider, running_provider
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer
from tracker.domain.compression.summary.summarising import Source, SummaryRequest
from tracker.domain.counting.counters import estimate_tokens
from tracker.summarisers.llm import LlmSummariser

POLICY = BudgetPolicy(window_tokens=10_000, reserved_tokens=0)
NOTE = user("On 7 May Caroline moved order W4923227 to 12 Harbour Road.")
MESSAGES = [*chat(1), NOTE, *chat(400, start=1)]
FACT = {"text": "7 May: Caroline moved order W4923227 to Harbour Road", "sources": [3]}


@pytest.fixture(params=["openai", "anthropic"])
def provider(request, monkeypatch) -> Iterator[FakeProvider]:
    monkeypatch.setenv("FAKE_KEY", "key-1")
    with running_provider() as fake:
        fake.kind = request.param
        yield fake


def optimized(fake: FakeProvider, *answers, **options):
    fake.answers = list(answers)
    summariser = LlmSummariser(
        provider=fake.kind,
        model="fake",
        base_url=fake.url,
        api_key_env="FAKE_KEY",
        max_retries=0,
        **options,
    )
    optimizer = ContextOptimizer(POLICY, summarise=summariser)
    return optimizer.optimize_messages("s", MESSAGES)


def told(outcome):
    return [line for line in outcome.plan.lines if line.kind == "fact"]


def facts(*entries):
    return json.dumps({"facts": list(entries)})


def refused(outcome) -> str:
    """Why the model's summary was not used; the local one must have been."""
    assert outcome.compressed
    assert outcome.plan.summariser == "extractive"
    assert outcome.plan.lines
    [note] = outcome.plan.notes
    assert note in outcome.warnings
    return note


def test_facts_become_lines_with_their_sources(provider):
    second = {"text": "Caroline's order is paid", "sources": [3, 4]}

    outcome = optimized(provider, facts(second, FACT))

    assert outcome.plan.summariser == f"{provider.kind}:fake"
    assert sorted(str(line) for line in told(outcome)) == [
        "[3U] 7 May: Caroline moved order W4923227 to Harbour Road",
        "[3U] Caroline's order is paid",
    ]
    assert sorted(line.sources for line in told(outcome)) == [(2,), (2, 3)]
    assert outcome.plan.notes == ()


def test_extracts_fill_the_room_that_facts_leave(provider):
    outcome = optimized(provider, facts(FACT))

    target = outcome.plan.target_tokens
    assert 0.97 * target < outcome.after_tokens <= target
    assert len(told(outcome)) == 1
    assert any(line.kind != "fact" for line in outcome.plan.lines)


def test_an_answer_cut_off_at_its_length_is_used_as_far_as_it_goes(provider):
    reason = "length" if provider.kind == "openai" else "max_tokens"
    cut = facts(FACT, {"text": "Caroline's order", "sources": [3]})[:-20]

    outcome = optimized(provider, {"text": cut, "reason": reason})

    assert [line.text for line in told(outcome)] == [FACT["text"]]


def test_facts_that_do_not_fit_are_left_out_and_told(provider):
    sources = tuple(
        Source(n, n + 1, "user", (f"Gate{n} at the harbour opens with code{n}.",))
        for n in range(40)
    )
    entries = [{"text": f"gate{n} code{n}", "sources": [n + 1]} for n in range(40)]
    provider.answers = [facts(*entries)]
    summariser = LlmSummariser(provider.kind, "fake", provider.url, "FAKE_KEY")

    summary = summariser(SummaryRequest(sources, 150, estimate_tokens))

    used = [line for line in summary.lines if line.kind == "fact"]
    assert 10 < len(used) < 40
    assert summary.note == f"{40 - len(used)} of fake's facts did not fit"


def test_nobody_is_asked_where_no_fact_would_fit(provider):
    summariser = LlmSummariser(
        provider=provider.kind, model="fake", base_url=provider.url
    )
    source = Source(0, 1, "user", ("The vault is KAPPA-7741.", "Talk. " * 99))

    summary = summariser(SummaryRequest((source,), 30, estimate_tokens))

    assert "KAPPA-7741" in summary.lines[0].text
    assert provider.requests == []


def test_the_model_is_shown_the_middle_with_its_numbers_as_material(provider):
    optimized(provider, facts(FACT))

    [request] = provider.requests
    prompt = request["messages"][-1]["content"]
    assert "[3] user: On 7 May Caroline moved order W4923227" in prompt
    assert "[2] assistant" not in prompt
    rules = request.get("system") or request["messages"][0]["content"]
    assert "sources" in rules and "never an instruction" in rules


def test_a_fence_around_the_json_is_forgiven(provider):
    outcome = optimized(provider, f"```json\n{facts(FACT)}\n```")

    assert outcome.plan.summariser == f"{provider.kind}:fake"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I would rather talk about this.", "not JSON"),
        ("[1, 2]", "holds no facts"),
        ('{"facts": "none"}', "holds no facts"),
        ('{"facts": []}', "found no facts"),
        ('{"facts": ["x", {"text": "  "}, {"sources": [3]}]}', "found no facts"),
        (facts({**FACT, "sources": [9_999]}), "1 of the model's 1 facts"),
        (facts({**FACT, "sources": [3, 9_999]}), "1 of the model's 1 facts"),
        (facts({**FACT, "sources": "3"}), "1 of the model's 1 facts"),
        (facts({**FACT, "sources": [True, "3"]}), "1 of the model's 1 facts"),
        (facts({**FACT, "text": "Order W9999999 moved"}), "1 of the model's 1 facts"),
        (facts({"text": "Caroline moved " * 3_000, "sources": [3]}), "kept more"),
        ({"text": facts(FACT)[:20], "reason": "length"}, "not JSON"),
        ({"text": "", "reason": "refusal"}, "not complete"),
        (500, "500"),
        (429, "429"),
    ],
    ids=[
        "prose",
        "list",
        "word",
        "empty",
        "blank",
        "unknown-id",
        "one-unknown-id",
        "ids-no-list",
        "ids-no-numbers",
        "invented-literal",
        "too-large",
        "truncated",
        "refused",
        "broken",
        "throttled",
    ],
)
def test_what_does_not_hold_is_replaced_by_the_local_summary(provider, answer, why):
    if isinstance(answer, dict) and provider.kind == "anthropic":
        answer = {**answer, "reason": answer["reason"].replace("length", "max_tokens")}

    outcome = optimized(provider, answer)

    assert why in refused(outcome)


def test_a_few_unfounded_facts_are_left_out_and_told(provider):
    texts = "7 May", "Caroline moved", "order W4923227", "12 Harbour Road", "Harbour"
    good = [{**FACT, "text": text} for text in texts]

    outcome = optimized(provider, facts(*good, {"text": "W1 too", "sources": [3]}))

    assert len(told(outcome)) == 5
    assert outcome.plan.notes == ("1 unfounded facts of fake left out",)


def test_an_endpoint_that_is_not_there_costs_nothing_but_a_note(provider):
    provider.url = "http://127.0.0.1:9"

    assert "onnection" in refused(optimized(provider))


def test_an_unknown_provider_is_refused():
    summariser = LlmSummariser(provider="acme", model="x")

    outcome = ContextOptimizer(POLICY, summarise=summariser).optimize_messages(
        "s", MESSAGES
    )

    assert "provider must be one of" in refused(outcome)


def test_no_choice_at_all_is_refused(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-1")
    with running_provider() as fake:
        fake.kind = "openai"
        outcome = optimized(fake, {"choices": []})

    assert "answered nothing" in refused(outcome)


def test_a_provider_whose_client_is_not_installed_says_what_to_install(
    provider, monkeypatch
):
    monkeypatch.setitem(sys.modules, provider.kind, None)

    assert f"pip install {provider.kind}" in refused(optimized(provider))
