"""Names in a summary what no text can stand for: files, images, what was cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tracker.domain.compression.summary.summarising import (
    Source,
    Summarise,
    Summary,
    SummaryRequest,
)
from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens

_MOST_SHARE = 2  # names take at most half of the budget
_NAME = re.compile(
    r"\[(?:image|document|file|audio|video|media|container_upload|resource_link|cited)"
    r"\b[^\[\]\n]*\]"
)


def names_in(line: str) -> tuple[str, ...]:
    """The names in a line of an earlier summary."""
    return tuple(dict.fromkeys(_NAME.findall(line)))


def summarise_with_names(summarise: Summarise, request: SummaryRequest) -> Summary:
    """The summary, and in it the name of each file and image that goes, whoever writes
    it. Names have at most half of the budget: the newest ones then, and how many more
    there were.

    `[7U] Here it is. [document report.pdf, file_011, application/pdf]`
    """
    names = _affordable(request)
    if not names:
        return summarise(request)
    reserved = lines_tokens(names, request.count) + 1
    budget = request.budget_tokens - reserved
    summary = summarise(replace(request, budget_tokens=max(1, budget)))
    return replace(summary, lines=_with_names(summary.lines, names))


def _with_names(
    lines: Sequence[SummaryLine], names: Sequence[SummaryLine]
) -> tuple[SummaryLine, ...]:
    """A name joins the last line of its message, or becomes one where it has none."""
    named = list(lines)
    for name in names:
        places = [at for at, line in enumerate(named) if line.number == name.number]
        said = " ".join(named[at].text for at in places)
        missing = [
            part for part in names_in(name.text) or (name.text,) if part not in said
        ]
        if missing and places:
            line = named[places[-1]]
            named[places[-1]] = replace(line, text=" ".join([line.text, *missing]))
        elif missing:
            named.append(name)
    return tuple(sorted(named, key=lambda line: line.number))


def _affordable(request: SummaryRequest) -> list[SummaryLine]:
    named = [source for source in request.sources if source.named]
    most = request.budget_tokens // _MOST_SHARE
    chosen: list[SummaryLine] = []
    left = 0
    for source in reversed(named):
        line = _line(source, source.named)
        if lines_tokens([line, *chosen], request.count) <= most:
            chosen.insert(0, line)
        else:
            left += len(source.named)
    while left:
        more = SummaryLine(
            named[0].number,
            named[0].role,
            f"[{left} more files and images are not named]",
            (named[0].index,),
        )
        if lines_tokens([more, *chosen], request.count) <= most or not chosen:
            return [more, *chosen]
        left += len(names_in(chosen.pop(0).text)) or 1
    return chosen


def _line(source: Source, names: Sequence[str]) -> SummaryLine:
    kind = "earlier" if source.is_earlier else "extract"
    return SummaryLine(
        source.number, source.role, " ".join(names), (source.index,), kind
    )
