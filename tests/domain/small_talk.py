"""Short messages and plain conversations, and an optimizer of a small window."""

from __future__ import annotations

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer

TEXT = "The refund of order 4411 was sent to gift_card_77 by Caroline on 7 May. "


def policy(window: int = 10_000, **changes) -> BudgetPolicy:
    return BudgetPolicy(window_tokens=window, reserved_tokens=0, **changes)


def optimize(messages, window=10_000, *, force=False, summarise=None, **changes):
    optimizer = ContextOptimizer(policy(window), summarise=summarise)
    return optimizer.optimize_messages("s", messages, force=force, **changes)


def user(text, **extra):
    return {"role": "user", "content": text, **extra}


def assistant(text):
    return {"role": "assistant", "content": text}


def calls(*ids):
    function = {"name": "read", "arguments": '{"path":"a.py"}'}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": i, "type": "function", "function": function} for i in ids
        ],
    }


def result(call, text="done"):
    return {"role": "tool", "tool_call_id": call, "content": text}


def talk(pairs, *, words=60, start=0):
    """Distinct chat: about 1.3 x `words` tokens a message."""
    messages = []
    for at in range(start, start + pairs):
        said = " ".join(f"topic{at}x{word}" for word in range(words))
        messages += [user(f"Question {at}: {said}"), assistant(f"Answer {at}: {said}")]
    return messages


def chat(pairs, *, start=0):
    """Chat as people write it: few words, often the same."""
    moods = ["tired", "happy", "busy", "curious", "late", "early", "calm", "keen"]
    topics = ["the garden", "our trip", "the office", "dinner", "the team", "music"]
    messages = []
    for at in range(start, start + pairs):
        mood, topic = moods[at % 8], topics[at % 6]
        messages += [
            user(f"Day {at}: I was {mood} today and thought about {topic} a lot."),
            assistant(f"That sounds {mood} indeed, tell me more about {topic}."),
        ]
    return messages
