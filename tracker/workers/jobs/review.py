"""Reviews a compression that a client did itself, in a worker process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Struct

from tracker.domain.compression.answering import understood
from tracker.domain.compression_words import CompressionWords, Keeping
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Measure
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import readable
from tracker.domain.reports import CompressionReport
from tracker.domain.review.retention import review_compression
from tracker.workers.jobs.naming import filled
from tracker.workers.jobs.used_again import find_used_again
from tracker.workers.jobs.words import write_words


class Replacement(Struct):
    """The large fields of a body of POST compressions; the server read the others."""

    before: list[dict[str, Any]] | None = None
    after: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ReviewOrder:
    """`body` is as it was sent. Tokens that were not given are counted from it."""

    body: bytes
    keeping: Keeping
    summary: str = ""
    target_tokens: int | None = None
    before_tokens: int | None = None
    after_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewedBody:
    """`held` and `leaves` are what the messages before and after fill; "" for none, and
    for those of no known shape.
    """

    before_tokens: int
    after_tokens: int
    words: CompressionWords
    dialect: str | None = None  # of the messages; None where there are none
    held: str = ""
    leaves: str = ""


class UncountedMessage(ValueError):
    """A message that must be counted has an unknown shape. `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message


_replacement = msgspec.json.Decoder(Replacement)
_messages = msgspec.json.Decoder(list[dict[str, Any]] | None)


def review_body(order: ReviewOrder) -> ReviewedBody:
    """Raises UncountedMessage, and msgspec's errors for a body of another shape."""
    found = _replacement.decode(order.body)
    before_tokens = _tokens(order.before_tokens, found.before, "before")
    after_tokens = _tokens(order.after_tokens, found.after, "after")
    report = CompressionReport(
        session="",
        before_tokens=before_tokens,
        after_tokens=after_tokens,
        target_tokens=order.target_tokens,
        summary=order.summary,
        before=found.before,
        after=found.after,
    )
    words = review_report(report, order.keeping).words
    assert words is not None
    dialect = dialect_of(found.before or ()) or dialect_of(found.after or ())
    return ReviewedBody(
        before_tokens, after_tokens, words, dialect,
        held=_filling(found.before), leaves=_filling(found.after),
    )  # fmt: skip


def _filling(messages: Sequence[Any] | None) -> str:
    if not messages:
        return ""
    try:
        return filled(understood(messages), Measure()).packed()
    except MessageError:
        return ""


def review_report(report: CompressionReport, keeping: Keeping) -> CompressionReport:
    """The report with its texts as they are stored and with its review, but without its
    messages.

    Messages of no known shape are stored without a review; the report is not refused,
    because its numbers are still right. Messages of another dialect than Anthropic's
    and OpenAI's are stored as we understand them: pages and recall read those.
    """
    report = understood_report(report)
    words = write_words(
        keeping,
        summary=report.summary,
        before=report.before,
        after=report.after,
        plan=report.plan,
        analysis=_analysis(report),
    )
    return replace(
        report, summary="", before=None, after=None, plan=None, analysis=None,
        words=words,
    )  # fmt: skip


def texts_alone(report: CompressionReport, keeping: Keeping) -> CompressionReport:
    """The report with its texts as they are stored; its review is made of them."""
    report = understood_report(report)
    words = write_words(
        keeping, summary=report.summary, before=report.before, after=report.after
    )
    words = replace(words, is_review_due=True)
    return replace(report, summary="", before=None, after=None, words=words)


def texts_alone_of(
    reports: Sequence[CompressionReport], keeping: Keeping
) -> list[CompressionReport]:
    return [texts_alone(report, keeping) for report in reports]


def understood_report(report: CompressionReport) -> CompressionReport:
    """With its messages as pages and recall read them."""
    try:
        before = None if report.before is None else understood(report.before)
        after = None if report.after is None else understood(report.after)
    except MessageError:
        return report
    return replace(report, before=before, after=after)


@dataclass(frozen=True, slots=True)
class StoredTexts:
    """A compression as it is stored, and what came before the next one, if one did:
    its messages before, and its key.
    """

    before: str
    after: str | None
    summary: str
    before_tokens: int
    after_tokens: int
    target_tokens: int | None
    next_before: str | None = None
    next_pk: int = 0


@dataclass(frozen=True, slots=True)
class StoredReview:
    """`words` hold the analysis and its figures alone. They are None for messages of
    no known shape. `used_again` as in UsedAgain.
    """

    words: CompressionWords | None
    used_again: int | None = None


def review_stored(texts: StoredTexts) -> StoredReview:
    """The review that `review_report` would have made when it was stored, and what was
    used again since, both at once: the facts of the messages are found once for both.
    """
    before = _messages.decode(texts.before)
    after = _messages.decode(texts.after or "null")
    report = CompressionReport(
        session="",
        before_tokens=texts.before_tokens,
        after_tokens=texts.after_tokens,
        target_tokens=texts.target_tokens,
        summary=texts.summary,
        before=before,
        after=after,
    )
    analysis = _analysis(report)
    if analysis is None:
        return StoredReview(None)
    words = write_words(Keeping(), analysis=analysis)
    if texts.next_before is None or words.analysis is None:
        return StoredReview(words)
    again = find_used_again(
        words.analysis, texts.before, texts.after, texts.next_before, texts.next_pk
    )
    return StoredReview(replace(words, analysis=again.analysis), again.count)


def _analysis(report: CompressionReport) -> dict[str, Any] | None:
    if report.before is None:
        return report.analysis
    try:
        review = review_compression(
            report.before,
            report.after,
            summary=report.summary,
            target_tokens=report.target_tokens,
            before_tokens=report.before_tokens,
            after_tokens=report.after_tokens,
        )
    except ValueError:
        return None
    return review.as_dict()


def _tokens(given: int | None, messages: Sequence[Any] | None, name: str) -> int:
    if given is not None:
        return given
    assert messages is not None, "a body with neither was refused before"
    try:
        measure = Measure(estimate_tokens)
        return sum(measure.message(message) for message in readable(messages))
    except MessageError as error:
        raise UncountedMessage(f"{name}[{error.index}]", error.message) from error
