"""Writes the texts of a compression as JSON, in the way its project keeps them.

For a long conversation this takes 0.1 s. It is done in a worker process, so that the
process that takes reports does not stand still meanwhile.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import msgspec

from tracker.domain.compression_words import CompressionWords, Keeping
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.redaction.redactor import Redactor
from tracker.domain.reports import CompressionReport
from tracker.domain.review.verdicts import QUOTING

OTHER_RULES = "[withheld: the project's redaction was changed at this moment]"
Data = dict[str, Any]


def write_words(
    keeping: Keeping,
    *,
    summary: str = "",
    before: list[Data] | None = None,
    after: list[Data] | None = None,
    plan: Data | None = None,
    analysis: Data | None = None,
) -> CompressionWords:
    """Redacted where the project says so; numbers alone where it keeps no text."""
    counts = _length(before), _length(after)
    if keeping.mode == "redacted":
        redactor = Redactor(keeping.patterns, clock=time.monotonic)
        summary = redactor.text(summary)
        before, after = redactor.value(before), redactor.value(after)
        plan, analysis = redactor.value(plan), redactor.value(analysis)
    found = analysis or {}
    verdicts = without_nul(found.get("verdicts") or [])
    is_kept = keeping.mode != "no"
    return CompressionWords(
        keeping,
        summary=without_nul(summary) if is_kept else "",
        before=_json(before) if is_kept else None,
        after=_json(after) if is_kept else None,
        plan=_json(plan) if is_kept else None,
        analysis=_json(analysis) if is_kept else None,
        before_count=counts[0],
        after_count=counts[1],
        score=found.get("score"),
        facts_kept=found.get("facts_kept"),
        facts_lost=found.get("facts_lost"),
        used_again=found.get("used_again"),
        verdicts=tuple(verdicts if is_kept else unquoted(verdicts)),
    )


def words_of(report: CompressionReport, keeping: Keeping) -> CompressionWords:
    """The report's texts under `keeping`, which may have changed since a worker wrote
    them. What was left out then stays left out.
    """
    words = report.words
    if words is None:
        return write_words(
            keeping,
            summary=report.summary,
            before=report.before,
            after=report.after,
            plan=report.plan,
            analysis=report.analysis,
        )
    if words.keeping == keeping:
        return words
    again = write_words(
        keeping,
        summary=words.summary,
        before=_data(words.before),
        after=_data(words.after),
        plan=_data(words.plan),
        analysis=_data(words.analysis),
    )
    return replace(
        again,
        before_count=words.before_count,
        after_count=words.after_count,
        score=words.score,
        facts_kept=words.facts_kept,
        facts_lost=words.facts_lost,
        used_again=words.used_again,
        verdicts=words.verdicts if words.analysis is None else again.verdicts,
    )


def words_to_store(report: CompressionReport, keeping: Keeping) -> CompressionWords:
    """The same for the writer, which does not redact: what was not redacted under these
    very rules is withheld. That is a text made in the moment before they changed.
    """
    words = report.words
    is_ready = words is not None and words.keeping == keeping
    if keeping.mode != "redacted" or is_ready:
        return words_of(report, keeping)
    bare = replace(words_of(report, Keeping("no")), keeping=keeping)
    return replace(bare, summary=OTHER_RULES)


def unquoted(verdicts: list[Data]) -> list[Data]:
    """The verdicts without the sentence that one of them quotes from a message."""
    return [
        {**verdict, "text": str(verdict.get("text", "")).split(QUOTING)[0]}
        for verdict in verdicts
    ]


def without_nul(value: Any) -> Any:
    """`value` with each NUL replaced: PostgreSQL cannot store it in JSON or text."""
    if isinstance(value, str):
        return (
            value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value
        )
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return value


def _json(value: Any) -> str | None:
    if value is None:
        return None
    text = _encoded(value)
    # This also finds an escaped backslash before "u0000"; then nothing is replaced.
    return _encoded(without_nul(value)) if "\\u0000" in text else text


def _encoded(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeError:  # lone surrogates
        return msgspec.json.encode(repair_data(value)).decode()


def _data(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _length(messages: list[Data] | None) -> int | None:
    return None if messages is None else len(messages)
