"""Counts the messages of a report by the method its policy names."""

from __future__ import annotations

from functools import partial
from typing import Any

from tracker.api.keyring import KeyGrant
from tracker.domain.counting import TokenCounter, count_conversation, token_counter
from tracker.domain.messages import MessageError
from tracker.domain.reports import Parts
from tracker.models.policy_shelf import present_policies
from tracker.sources.native import BodyError, CountMessages, UsageBody


def message_counter(grant: KeyGrant) -> CountMessages:
    """A counter for reports of this key's project. Synchronous, may load a
    vocabulary: not for the event loop.
    """
    return partial(_count, grant.project_id)


def _count(project_id: int, body: UsageBody) -> tuple[Parts, TokenCounter]:
    model = body.model or ""
    policy = present_policies().policy_for(project_id, model).policy
    counter = token_counter(policy.counting, model)
    return count_body(body, counter, model), counter


def count_body(body: Any, counter: Any, model: str) -> Parts:
    """Parts of a body with messages, system, user_context and tools."""
    try:
        return count_conversation(
            body.messages or [],
            system=body.system,
            user_context=body.user_context,
            tools=body.tools,
            model=model,
            counter=counter,
        )
    except MessageError as error:
        raise BodyError(f"messages[{error.index}]", error.message) from error
