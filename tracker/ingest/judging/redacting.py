"""Redacts reports before they reach the writer, in the projects that ask for it.

The writer stores what every project sends, one group after another: it must not search
through texts. It only checks under which rules a text was made.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from django.db import DatabaseError, connection

from tracker.domain.composition.keeping import (
    added_redacted,
    added_without_names,
    without_names,
)
from tracker.domain.composition.keeping import redacted as recomposed
from tracker.domain.compression_words import Keeping
from tracker.domain.redaction.own_patterns import (
    PatternError,
    own_patterns,
    pattern_lines,
)
from tracker.domain.redaction.redactor import Redactor
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.rows.store_trouble import answers_within
from tracker.models import Project
from tracker.reading.config_cache import ConfigCache
from tracker.workers.jobs.words import words_of

logger = logging.getLogger(__name__)
Report = TypeVar("Report", UsageReport, CompressionReport)
Rules = dict[int, Keeping]
# For the titles and metadata of one request, of up to 1,000 reports.
SECONDS = 1.0
STORE_SECONDS = 4.0  # clients wait 10 s; the writer needs the rest
KNOWN_SECONDS = 0.5  # where the rules were known a moment ago


def load_rules() -> Rules:
    """Of the projects that keep their texts redacted. One query."""
    rows = Project.objects.filter(keep_messages="redacted")
    rules = {}
    for pk, slug, text in rows.values_list("pk", "slug", "redaction_patterns"):
        rules[pk] = Keeping("redacted", pattern_lines(text))
        try:
            own_patterns(text)
        except PatternError as error:
            logger.warning(
                "The texts of project %s are withheld: %s. Correct its redaction "
                "patterns in the admin.",
                slug,
                error,
            )
    return rules


present_rules = ConfigCache(load_rules)
_asking = ThreadPoolExecutor(1, thread_name_prefix="rules")
_threads = ThreadPoolExecutor(4, thread_name_prefix="redacting")
# One at a time for each project: many requests of one would take all the threads.
_turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


async def redacted(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The arrivals as their projects keep them. Does not block the event loop; raises
    DatabaseError where the rules cannot be read.
    """
    if not arrivals:
        return arrivals
    rules = present_rules.fresh()
    if rules is None:
        rules = await _asked()
    if not any(each.project_id in rules for each in arrivals):
        return arrivals
    loop = asyncio.get_running_loop()
    project_id = arrivals[0].project_id
    turn = _turns.get(project_id)
    if turn is None:
        turn = _turns[project_id] = asyncio.Lock()
    async with turn:
        return await loop.run_in_executor(_threads, _redacted, arrivals, rules)


async def _asked() -> Rules:
    """The rules as the database has them, or after KNOWN_SECONDS as it had them last:
    the writer looks once more (`Redacting`).
    """
    last = present_rules.last()
    asked = asyncio.get_running_loop().run_in_executor(_asking, _read)
    if last is None:
        return await asked
    try:
        return await asyncio.wait_for(asked, KNOWN_SECONDS)
    except (TimeoutError, DatabaseError):
        return last


def _read() -> Rules:
    try:
        with answers_within(STORE_SECONDS):
            return present_rules.get()
    finally:
        if connection.vendor != "sqlite":
            connection.close()


def redacted_here(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The same in a thread that may wait and query."""
    with answers_within(STORE_SECONDS):
        rules = present_rules.get()
    return _redacted(arrivals, rules)


def _redacted(arrivals: Sequence[Arrival], rules: Rules) -> Sequence[Arrival]:
    redactors: dict[int, Redactor] = {}
    found = []
    for arrival in arrivals:
        keeping = rules.get(arrival.project_id)
        if keeping is not None:
            redactor = redactors.get(arrival.project_id)
            if redactor is None:
                redactor = Redactor(
                    keeping.patterns,
                    clock=time.monotonic,
                    seconds=SECONDS,
                    pause=_let_others_run,
                )
                redactors[arrival.project_id] = redactor
            report = _kept(arrival.report, keeping, redactor)
            arrival = replace(arrival, report=report)
        found.append(arrival)
    return found


def _let_others_run() -> None:
    """Python passes its lock on every 5 ms only; a report needs it several times."""
    time.sleep(0.0005)


def _kept(
    report: UsageReport | CompressionReport, keeping: Keeping, redactor: Redactor
) -> UsageReport | CompressionReport:
    described: dict[str, Any] = {
        "title": redactor.text(report.title),
        "metadata": redactor.value(report.metadata),
        "described_under": keeping,
    }
    if report.composition:
        described["composition"] = recomposed(report.composition, redactor.text)
    if isinstance(report, CompressionReport):
        described["words"] = words_of(report, keeping)
        if report.leaves:
            described["leaves"] = recomposed(report.leaves, redactor.text)
    elif report.added:
        described["added"] = added_redacted(report.added, redactor.text)
    return replace(report, **described)


def _decomposed(report: Report, *, is_bare: bool) -> Report:
    def left(packed: str) -> str:
        return without_names(packed) if is_bare and packed else ""

    composition = left(report.composition)
    if isinstance(report, CompressionReport):
        return replace(report, composition=composition, leaves=left(report.leaves))
    added = added_without_names(report.added) if is_bare else ""
    return replace(report, composition=composition, added=added)


class Redacting:
    """What the writer knows of the rules, as of its transaction.

    Guarantees that no text is stored that was not redacted under the present rules: a
    report that was made ready in the moment before they changed loses its description.
    """

    def __init__(self, rules: Rules, bare: Collection[int] = ()) -> None:
        self._rules = rules
        self._bare = bare  # projects that keep no text

    @classmethod
    def load(cls) -> Redacting:
        """Reads them anew: call when the configuration has changed."""
        bare = Project.objects.filter(keep_messages="no").values_list("pk", flat=True)
        return cls(load_rules(), frozenset(bare))

    def composed(self, project_id: int, report: Report) -> Report:
        """The report, with what the project keeps of its composition: the names of
        files and tools, and the words of a prompt, are what the messages say. Where no
        messages are kept, numbers by kind are left; where they are redacted, nothing
        that other rules have redacted.
        """
        if project_id in self._bare:
            return _decomposed(report, is_bare=True)
        keeping = self._rules.get(project_id)
        if keeping is None or keeping == report.described_under:
            return report
        return _decomposed(report, is_bare=False)

    def described(self, project_id: int, report: Report) -> Report:
        """The report, without title and metadata where these are of other rules."""
        keeping = self._rules.get(project_id)
        if keeping is None or report.described_under == keeping:
            return report
        return replace(report, title="", metadata=None)
