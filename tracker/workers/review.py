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
from tracker.workers.words import write_words


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
    before_tokens: int
    after_tokens: int
    words: CompressionWords
    dialect: str | None = None  # of the messages; None where there are none


class UncountedMessage(ValueError):
    """A message that must be counted has no known shape. `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message


_replacement = msgspec.json.Decoder(Replacement)


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
    return ReviewedBody(before_tokens, after_tokens, words, dialect)


def review_report(report: CompressionReport, keeping: Keeping) -> CompressionReport:
    """The report with its texts as they are stored and with its review, but without its
    messages.

    Messages of no known shape are stored without a review; the report is not refused,
    because its numbers are still right. Messages of another dialect than Anthropic's
    and OpenAI's are stored as we understand them: pages and recall read those.
    """
    report = _understood(report)
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


def _understood(report: CompressionReport) -> CompressionReport:
    try:
        before = None if report.before is None else understood(report.before)
        after = None if report.after is None else understood(report.after)
    except MessageError:
        return report
    return replace(report, before=before, after=after)


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
