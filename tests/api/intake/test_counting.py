"""A tokenizer of one's own counts a session's text, or says why not."""

from __future__ import annotations

from typing import Any

from tests.api.optimizing.counted_chat import fetch, policy, send

HOUSE = "tests.house_tokenizers"


def own(settings: Any, path: str) -> str:
    """`mine` set up as this tokenizer; the name it is shown by."""
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": f"{HOUSE}:{path}"}
    return f"mine ({HOUSE}:{path})"


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
    assert counting["reason"] == "no tokenizer named mine is set up"


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
