"""Counts the messages of a report in the way its policy says."""

from __future__ import annotations

import logging
from typing import Any

from tracker.api.keys.keyring import KeyGrant
from tracker.domain.conversation.dialects import readable
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.counters import (
    EstimatedCounter,
    TokenCounter,
    count_conversation,
    token_counter,
)
from tracker.domain.counting.own_tokenizers import TokenizerFailed
from tracker.domain.reports import Parts
from tracker.models import LLMSession
from tracker.reading.policy_shelf import present_policies
from tracker.reading.tokenizers import counting_method
from tracker.sources.native import BodyError, UsageBody

logger = logging.getLogger(__name__)


class MessageCounter:
    """Counts one report of a key's project.

    `used` is the counter that did it; None where the report brought no text. It may
    query and load a vocabulary (0.3 s), so it must not run on the event loop.
    """

    __slots__ = ("grant", "used")

    def __init__(self, grant: KeyGrant) -> None:
        self.grant = grant
        self.used: TokenCounter | None = None

    def __call__(self, body: UsageBody) -> tuple[Parts, TokenCounter]:
        model, method = _model_and_method(self.grant.project_id, body)
        counter = token_counter(method, model)
        try:
            parts = count_body(body, counter, model)
        except TokenizerFailed as error:
            logger.warning("%s: estimated instead", error)
            counter = EstimatedCounter(reason=str(error))
            parts = count_body(body, counter, model)
        self.used = counter
        return parts, counter


def _model_and_method(project_id: int, body: UsageBody) -> tuple[str, str]:
    """Query the session only where it is needed: it may have a policy of its own, or
    know the model that the report leaves out.
    """
    policies = present_policies()
    model, session_id = body.model or "", None
    if not model or policies.has_session_policies:
        found = (
            LLMSession.objects.filter(project_id=project_id, key=body.session)
            .values_list("pk", "model")
            .first()
        )
        if found is not None:
            session_id, model = found[0], model or found[1]
    policy = policies.policy_for(project_id, model, session_id).policy
    return model, counting_method(policy.counting)


def count_body(body: Any, counter: Any, model: str) -> Parts:
    """Parts of a body with messages, system, user_context and tools."""
    try:
        return count_conversation(
            readable(body.messages or []),
            system=body.system,
            user_context=body.user_context,
            tools=body.tools,
            model=model,
            counter=counter,
        )
    except MessageError as error:
        raise BodyError(f"messages[{error.index}]", error.message) from error
