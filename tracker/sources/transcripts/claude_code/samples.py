"""The samples of Claude Code's requests, and the answers that report them."""

from __future__ import annotations

from tracker.sources.transcripts.claude_code.asides import (
    HELPER_CALL,
    ZERO_INPUT,
    Aside,
)
from tracker.sources.transcripts.claude_code.compactions import ORIGIN
from tracker.sources.transcripts.claude_code.requests import Request
from tracker.sources.transcripts.claude_code.windows import ClientWord
from tracker.sources.transcripts.client_settings import ClientSettings
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.turns import Answer
from tracker.sources.transcripts.window import Window


def begin_answer(
    window: Window, request: Request, *, aside: Aside | None, is_copy: bool
) -> Answer:
    """A new answer, with the window as it was asked with."""
    answer = window.begin_answer(
        message_id=request.name,
        event_id=request.event_id,
        at=request.line.timestamp,
        start=request.start,
    )
    answer.request_id = request.line.request_id or ""
    answer.is_copy = is_copy
    if aside is not None:
        answer.aside = aside.reason
        if aside.held is not None:
            answer.history_tokens = aside.held.history_tokens
            answer.message_count = aside.held.messages
    if answer.aside == HELPER_CALL:
        # A helper's request has a separate window, whose content is not in the file.
        answer.history_tokens = answer.user_context_tokens = answer.message_count = 0
        answer.system_tokens = answer.tools_tokens = 0
    else:
        window.message_count += 1
        if is_copy:
            window.filling.added.clear()
        else:
            window.hold(answer)
    if answer.aside is None:
        window.model = request.model or window.model
    return answer


def report(
    window: Window,
    answer: Answer,
    request: Request,
    word: ClientWord,
    settings: ClientSettings,
    news: TranscriptNews,
) -> None:
    """Report the request, unless the same numbers were reported: the last line wins."""
    usage = request.usage
    assert usage is not None
    numbers: list[int | None] = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_creation_tokens,
        usage.output_tokens,
    ]
    if numbers == answer.told:
        return
    answer.told = numbers
    if answer.is_copy:
        if usage.used_tokens:
            window.inherit(usage)
        return
    implausible = answer.aside or (None if usage.used_tokens else ZERO_INPUT)
    model = request.model or window.model
    is_helper = answer.aside == HELPER_CALL
    tokens, source = (None, "")
    if not is_helper:
        tokens, source = word.window_for(model, usage.used_tokens, settings)
    news.add_usage(
        window.usage_report(
            answer,
            usage,
            origin=ORIGIN,
            model=model if implausible else None,
            window_tokens=tokens,
            window_source=source,
            compact_at_tokens=None if is_helper else settings.compact_at_tokens,
            implausible=implausible,
        )
    )
