"""GET /sessions/{session}: how its numbers were counted, and what it cost."""

from __future__ import annotations

from typing import Any

import pytest

MODEL = "claude-sonnet-4-5"
TEXT = "The quick brown fox jumps over the lazy dog. " * 70  # 3,150 characters


def talk(messages: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": TEXT} for n in range(messages)]


async def send(api: Any, **body: Any) -> dict[str, Any]:
    response = await api.post("/usage", {"session": "chat", "model": MODEL} | body)
    assert response.status_code == 201, response.text
    return dict(response.json()["budget"])


async def fetch(api: Any) -> dict[str, Any]:
    return dict((await api.get("/sessions/chat")).json())


async def test_text_is_estimated_by_default_and_says_so(api: Any) -> None:
    budget = await send(api, messages=talk(1))

    session = await fetch(api)

    assert budget["source"] == session["budget"]["source"] == "estimated"
    assert session["counting"] == {
        "method": "estimated",
        "name": "characters / 3.5",
        "source": "estimated",
        "reason": None,
        "calibration": None,
    }
    assert session["divergence"] is None
    assert session["cost"] is None


@pytest.mark.parametrize(
    ("model", "source", "name"),
    [
        ("gpt-5", "counted", "o200k_base"),
        (MODEL, "estimated", "o200k_base × 1.18"),
    ],
)
async def test_the_policy_s_method_counts_and_names_its_tokenizer(
    api: Any, in_db: Any, model: str, source: str, name: str
) -> None:
    from tracker.models import ConfigVersion, Policy

    def count() -> None:
        Policy.objects.create(name="exact", model_pattern="*", counting="counted")
        ConfigVersion.bump()

    await in_db(count)
    budget = await send(api, messages=talk(1), model=model)

    counting = (await fetch(api))["counting"]
    assert budget["source"] == source
    assert (counting["method"], counting["name"]) == ("counted", name)
    assert counting["source"] == source
    assert (counting["reason"] is None) == (source == "counted")


async def test_reported_usage_corrects_the_next_estimate(api: Any) -> None:
    plain = (await send(api, session="other", messages=talk(2)))["used_tokens"]
    usage = {"input_tokens": 1_000, "cache_read_input_tokens": plain + 17_000}
    await send(api, messages=talk(2), usage=usage)

    budget = await send(api, messages=talk(2))

    assert budget["used_tokens"] == plain + 18_000
    assert budget["source"] == "estimated"
    assert budget["parts"]["unattributed"] == 18_000
    calibration = (await fetch(api))["counting"]["calibration"]
    assert calibration == {
        "of": "characters / 3.5",
        "gain": 1.0,
        "overhead_tokens": 18_000,
        "error": None,
        "samples": 1,
    }


async def test_a_divergence_says_how_far_and_why(api: Any) -> None:
    await send(api, messages=talk(2), usage={"input_tokens": 30_000})

    found = (await fetch(api))["divergence"]

    assert found["reported_tokens"] == 30_000
    assert found["ratio"] == pytest.approx(30_000 / found["counted_tokens"], rel=1e-4)
    assert (
        "the system prompt and the tool definitions were not" in (found["likely_cause"])
    )


async def test_after_some_reports_the_tokenizer_is_no_likely_cause(api: Any) -> None:
    for turn in range(1, 8):
        await send(
            api,
            messages=talk(2 * turn),
            system="You help.",
            tokens=None,
            tools=[{"name": "run", "input_schema": {"type": "object"}}],
            usage={"input_tokens": 30_000 * turn},
        )

    assert "something new came in" in (await fetch(api))["divergence"]["likely_cause"]


async def test_the_caller_s_own_count_is_never_corrected(api: Any) -> None:
    for _ in range(4):
        await send(api, tokens={"history": 1_000}, usage={"input_tokens": 30_000})

    budget = await send(api, tokens={"history": 1_000})

    assert (budget["used_tokens"], budget["source"]) == (1_000, "counted")
    session = await fetch(api)
    assert session["counting"]["calibration"] is None
    assert session["divergence"]["counted_tokens"] == 1_000


async def test_a_compression_resets_what_is_expected(api: Any) -> None:
    plain = (await send(api, session="other", messages=talk(2)))["used_tokens"]
    await send(api, messages=talk(2), usage={"input_tokens": 50_000})
    response = await api.post(
        "/sessions/chat/compressions", {"before_tokens": 50_000, "after_tokens": 900}
    )
    assert response.status_code == 201, response.text

    budget = await send(api, messages=talk(2))

    assert budget["used_tokens"] == plain


async def test_the_model_s_three_limits_are_told(api: Any) -> None:
    await send(api, model="openai/gpt-5-2025-08-07", tokens={"history": 5})

    session = await fetch(api)

    info = session["model_info"]
    assert info["name"] == "gpt-5"
    assert (info["window_tokens"], info["max_input_tokens"]) == (400_000, 272_000)
    assert info["max_output_tokens"] == 128_000
    assert session["budget"]["window_source"] == "catalogue"
    assert session["hint"] is None


@pytest.mark.parametrize(
    ("body", "source", "hint"),
    [
        ({"model": "house-llm"}, "default", True),
        ({"model": "house-llm", "window_tokens": 50_000}, "report", False),
        ({"model": None}, "default", False),
    ],
)
async def test_an_unknown_model_is_given_200_000_and_a_hint(
    api: Any, body: dict[str, Any], source: str, hint: bool
) -> None:
    await send(api, tokens={"history": 5}, **body)

    session = await fetch(api)

    assert session["budget"]["window_source"] == source
    assert session["model_info"] is None
    assert session["hint"] == (
        "unknown model: set its window in the admin" if hint else None
    )


async def test_reported_usage_has_its_price(api: Any) -> None:
    await send(api, usage={"input_tokens": 100_000, "output_tokens": 10_000})

    cost = (await fetch(api))["cost"]

    assert cost["amount"] == 0.45  # $3 and $15 a million
    assert (cost["currency"], cost["is_estimate"]) == ("USD", True)
    assert (cost["priced_requests"], cost["requests"]) == (1, 1)
    assert cost["as_of"] and cost["saved"] is None


HOUSE = "tests.house_tokenizers"


def own(settings: Any, path: str) -> str:
    """`mine` set up as this tokenizer; the name it is shown by."""
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": f"{HOUSE}:{path}"}
    return f"mine ({HOUSE}:{path})"


def policy(**fields: Any) -> Any:
    """For `in_db`: a policy, valid from now on."""
    from tracker.models import ConfigVersion, Policy
    from tracker.models.policy_shelf import forget_policies

    def make() -> None:
        Policy.objects.create(name="own", **fields)
        ConfigVersion.bump()
        forget_policies()

    return make


async def test_text_is_counted_by_a_tokenizer_of_one_s_own(
    api: Any, in_db: Any, settings: Any
) -> None:
    name = own(settings, "words")
    await in_db(policy(model_pattern="*", counting="mine"))

    sent = await api.post(
        "/usage",
        {"session": "chat", "model": "house-llm", "user_context": "one two three"},
    )

    assert sent.json()["counting"] == {
        "name": name,
        "source": "counted",
        "reason": None,
    }
    assert sent.json()["budget"]["used_tokens"] == 3
    assert sent.json()["budget"]["source"] == "counted"
    counting = (await fetch(api))["counting"]
    assert (counting["method"], counting["name"]) == ("mine", name)
    assert (counting["source"], counting["reason"]) == ("counted", None)


async def test_a_tokenizer_that_fails_on_a_text_leaves_it_to_the_estimate(
    api: Any, in_db: Any, settings: Any, caplog: Any
) -> None:
    name = own(settings, "picky")
    await in_db(policy(model_pattern="*", counting="mine"))
    texts = {"user_context": "a b c d", "system": "unspeakable"}

    sent = await api.post("/usage", {"session": "chat", "model": "house-llm"} | texts)

    assert sent.status_code == 201
    assert sent.json()["budget"]["parts"] | {"tools": 0} == {
        "system": 4,  # 11 characters
        "history": 0,
        "user_context": 2,  # 7, by the same rule as the rest
        "tools": 0,
        "unattributed": 0,
    }
    reason = f"{name} failed on a text: UnicodeError"
    assert sent.json()["counting"] == {
        "name": "characters / 3.5",
        "source": "estimated",
        "reason": reason,
    }
    assert sent.json()["budget"]["source"] == "estimated"
    assert (await fetch(api))["counting"]["reason"].startswith(reason)
    assert reason in caplog.text and "unspeakable" not in caplog.text


async def test_a_tokenizer_that_is_gone_leaves_it_to_the_estimate(
    api: Any, in_db: Any, settings: Any
) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {}
    await in_db(policy(model_pattern="*", counting="mine"))

    budget = await send(api, user_context="x" * 7)

    assert (budget["used_tokens"], budget["source"]) == (2, "estimated")
    counting = (await fetch(api))["counting"]
    assert counting["reason"] == "no tokenizer named mine is set up here"


async def test_a_session_s_own_policy_counts_its_text(
    api: Any, in_db: Any, settings: Any
) -> None:
    from tracker.models import LLMSession

    own(settings, "words")
    await send(api, tokens={"history": 1})
    session = await in_db(LLMSession.objects.get)
    await in_db(policy(session=session, counting="mine"))

    its = await send(api, user_context="one two three")
    other = await send(api, session="other", user_context="one two three")

    assert (its["used_tokens"], its["source"]) == (3, "counted")
    assert (other["used_tokens"], other["source"]) == (4, "estimated")


async def test_text_without_a_model_is_counted_for_its_session_s(
    api: Any, in_db: Any
) -> None:
    await in_db(policy(model_pattern="claude-*", counting="counted"))
    await send(api, tokens={"history": 1}, model="claude-sonnet-4-5")

    sent = await api.post("/usage", {"session": "chat", "user_context": TEXT})

    assert sent.json()["counting"]["name"] == "o200k_base × 1.18"


async def test_numbers_alone_say_nothing_of_counting_and_ask_for_no_session(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.api import counting

    def asked(*args: object) -> None:
        raise AssertionError("a plain report asked how text is counted")

    monkeypatch.setattr(counting, "_model_and_method", asked)

    sent = await api.post("/usage", {"session": "chat", "tokens": {"history": 5}})

    assert sent.status_code == 201
    assert "counting" not in sent.json()


async def test_a_batch_and_a_repeat_say_what_counted(api: Any) -> None:
    text = {"session": "chat", "event_id": "1", "user_context": "x"}

    batch = await api.post("/usage", [text, text | {"event_id": "2", "tokens": {}}])
    repeat = await api.post("/usage", text)

    assert [r["counting"]["name"] for r in batch.json()["results"]] == [
        "characters / 3.5"
    ] * 2
    assert "counting" not in repeat.json()
