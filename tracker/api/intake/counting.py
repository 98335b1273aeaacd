"""Counts the messages of a report in the way its policy says."""

from __future__ import annotations

import logging

from msgspec import structs

from tracker.api.intake.growing import growing
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.composition.filling import Filling
from tracker.domain.counting.counters import (
    EstimatedCounter,
    TokenCounter,
    count_conversation,
    token_counter,
)
from tracker.domain.counting.tokenizers.own import TokenizerFailed
from tracker.domain.dialects.context_blocks import ContextError, read_context
from tracker.domain.dialects.reading import read_dialect
from tracker.domain.reports import MAIN_LANE, Parts
from tracker.models import LLMSession
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.tokenizers import counting_method
from tracker.sources.body_errors import BodyError
from tracker.sources.native import UsageBody

logger = logging.getLogger(__name__)


class MessageCounter:
    """Counts one report of a key's project.

    `used` is the counter that did it; None where the report brought no text. `dialect`
    is the messages' own, and `unread` the first thing not understood of text that came
    beside a number: None without text, and where all was. `filling` is what messages
    come to by kind, tool and file; None without any. It may query and load a
    vocabulary (0.3 s), so it must not run on the event loop.
    """

    __slots__ = ("grant", "used", "dialect", "unread", "filling")

    def __init__(self, grant: KeyGrant) -> None:
        self.grant = grant
        self.used: TokenCounter | None = None
        self.dialect: str | None = None
        self.unread: str | None = None
        self.filling: Filling | None = None

    def __call__(self, body: UsageBody) -> tuple[Parts, TokenCounter]:
        body = self._understood(body)
        model, method = _model_and_method(self.grant.project_id, body)
        counter = token_counter(method, model)
        try:
            parts, sizes = _count(body, counter, model)
        except TokenizerFailed as error:
            logger.warning("%s: estimated instead", error)
            counter = EstimatedCounter(reason=str(error))
            parts, sizes = _count(body, counter, model)
        self.used = counter
        if body.messages:
            key = (self.grant.project_id, body.session, body.lane or MAIN_LANE)
            self.filling = growing.filling(
                key, body.messages, sizes, context_tokens=parts.user_context,
                tools=body.tools, model=model,
            )  # fmt: skip
        return parts, counter

    def _understood(self, body: UsageBody) -> UsageBody:
        """The body without what is not understood of its text.

        Raises BodyError where that text is all there is. Beside a provider's number it
        only tells the parts: a block that was invented yesterday must not lose the
        number.
        """
        messages = body.messages
        if messages is not None:
            read = read_dialect(messages)
            messages, self.dialect = read.messages, read.dialect
            if read.unread is not None:
                place = f"messages[{read.unread.index}]"
                self._note(ContextError(place, read.unread.message), body, "history")
        system, unread = read_context(body.system, "system")
        self._note(unread, body, "system")
        user_context, unread = read_context(body.user_context, "user_context")
        self._note(unread, body, "user_context")
        return structs.replace(
            body, messages=messages, system=system, user_context=user_context
        )

    def _note(self, unread: ContextError | None, body: UsageBody, part: str) -> None:
        if unread is None:
            return
        if not _is_told(body, part):
            raise BodyError(unread.field, unread.message)
        self.unread = self.unread or str(unread)


def _is_told(body: UsageBody, part: str) -> bool:
    """Whether the size of that part is known without counting it."""
    said = body.tokens
    return body.usage is not None or (
        said is not None and getattr(said, part) is not None
    )


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


def _count(
    body: UsageBody, counter: TokenCounter, model: str
) -> tuple[Parts, list[int]]:
    """The parts, and the tokens of each message."""
    sizes: list[int] = []
    parts = count_conversation(
        body.messages or [],
        system=body.system,
        user_context=body.user_context,
        tools=body.tools,
        model=model,
        counter=counter,
        sizes=sizes,
    )
    return parts, sizes
