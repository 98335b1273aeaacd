"""Counts the messages of a report in the way its policy says."""

from __future__ import annotations

import logging

from tracker.api.intake.growing import ReadConversation, TakesLong, growing
from tracker.api.keys.keyring import KeyGrant
from tracker.domain.counting.counters import (
    EstimatedCounter,
    TokenCounter,
    count_conversation,
    token_counter,
)
from tracker.domain.counting.tokenizers.own import TokenizerFailed
from tracker.domain.dialects.context_blocks import ContextError, read_context
from tracker.domain.reports import MAIN_LANE, Parts
from tracker.models import LLMSession
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.tokenizers import counting_method
from tracker.sources.body_errors import BodyError
from tracker.sources.native import Counted, OpenBody, UsageBody

logger = logging.getLogger(__name__)


class MessageCounter:
    """Counts one report of a key's project.

    `used` is the counter that did it; None where the report brought no text. `dialect`
    is the messages' own, and `unread` the first thing not understood of text that came
    beside a number: None without text, and where all was. It may query and
    load a vocabulary (0.3 s), so it must not run on the event loop, except
    with `most_new`: then it raises TakesLong for more bytes of new messages than that,
    and for all text but such whose letters alone are weighed.
    """

    __slots__ = (
        "grant", "most_new", "used", "dialect", "unread", "_added", "_composition",
    )  # fmt: skip

    def __init__(self, grant: KeyGrant, *, most_new: int | None = None) -> None:
        self.grant = grant
        self.most_new = most_new
        self.used: TokenCounter | None = None
        self.dialect: str | None = None
        self.unread: str | None = None
        self._added = self._composition = ""

    def __call__(self, body: UsageBody) -> Counted:
        """Sets the body's `message_count` where it is left out. Raises BodyError, and
        what decoding a message raises.
        """
        assert isinstance(body, OpenBody)
        model, method = _model_and_method(self.grant.project_id, body)
        if self.most_new is not None and not _is_quick(body, method):
            raise TakesLong
        counter = token_counter(method, model)
        try:
            parts = self._count(body, counter, model)
        except TokenizerFailed as error:
            logger.warning("%s: estimated instead", error)
            counter = EstimatedCounter(reason=str(error))
            parts = self._count(body, counter, model)
        self.used = counter
        return Counted(parts, counter, self._added, self._composition)

    def _count(self, body: OpenBody, counter: TokenCounter, model: str) -> Parts:
        """Leaves out what is not understood of its text.

        Raises BodyError where that text is all there is. Beside a provider's number it
        only tells the parts: a block that was invented yesterday must not lose the
        number.
        """
        system, bad_system = read_context(body.system, "system")
        user_context, bad_context = read_context(body.user_context, "user_context")
        parts = count_conversation(
            [], system=system, user_context=user_context, tools=body.tools,
            model=model, counter=counter,
        )  # fmt: skip
        if body.messages is not None:
            read = growing.read(
                (self.grant.project_id, body.session, body.lane or MAIN_LANE),
                body.messages,
                counter=counter,
                model=model,
                context_tokens=parts.user_context,
                tools=body.tools,
                most_new=self.most_new,
            )
            parts = self._take(read, parts, body)
        self._note(bad_system, body, "system")
        self._note(bad_context, body, "user_context")
        return parts

    def _take(self, read: ReadConversation, parts: Parts, body: OpenBody) -> Parts:
        if read.unread is not None:
            place, complaint = read.unread
            self._note(ContextError(f"messages[{place}]", complaint), body, "history")
        self.dialect = read.dialect
        self._added, self._composition = read.added, read.composition
        if body.message_count is None:
            body.message_count = read.spoken
        return Parts(
            parts.system + read.system_tokens,
            read.history_tokens,
            parts.user_context,
            parts.tools,
        )

    def _note(self, unread: ContextError | None, body: UsageBody, part: str) -> None:
        if unread is None:
            return
        if not _is_told(body, part):
            raise BodyError(unread.field, unread.message)
        self.unread = self.unread or str(unread)


def _is_quick(body: OpenBody, method: str) -> bool:
    """A tokenizer is slow, or of somebody's own; blocks are read one by one."""
    texts = (body.system, body.user_context)
    is_plain = not body.tools and not any(isinstance(text, list) for text in texts)
    return is_plain and method in ("estimated", "by_script")


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
