"""Which compressions to read first, in the orders a reviewer may ask for, paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    F,
    FloatField,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from tracker.models import Compression, CompressionText
from tracker.pages.compressions.facts import lost_words
from tracker.pages.compressions.messages.cards import bars_of
from tracker.reading.keyset import (
    CursorError,
    Page,
    Phase,
    kept_in,
    keyset_page,
)

ROUTINE_SCORE = 0.8
LOW_SCORE = 0.5  # worth a flag of its own in the list
READ_FIRST, ROUTINE, DUE = 2, 1, 0
GROUPS = {
    READ_FIRST: (
        "Read first",
        "lost an instruction or something that was used again, missed the target, or "
        "scored below 0.80",
    ),
    ROUTINE: (
        "Can be accepted together",
        "score 0.80 or more, and nothing lost is known to be used again",
    ),
    DUE: ("Not worked out yet", "an import still looks for what they lost"),
}
SORTS = {
    "first": "Read first",
    "lost": "Most facts lost",
    "score": "Lowest score",
    "saved": "Most tokens saved",
    "trigger": "Trigger",
    "session": "Session",
    "new": "Newest",
}
# By annotations of `ordered`.
ORDERS: dict[str, tuple[str, ...]] = {
    "first": ("-group", "-again", "-lost", "-pk"),
    "lost": ("-lost", "-pk"),
    "score": ("score_or_most", "-pk"),
    "saved": ("-saved", "-pk"),
    "trigger": ("trigger", "-at", "-pk"),
    "session": ("session_key", "-at", "-pk"),
    "new": ("-at", "-pk"),
}
NOT_SCORED = 2.0  # above every score


def ordered(rows: QuerySet[Compression]) -> QuerySet[Compression]:
    """Adds the columns that ORDERS sort by. None of them is NULL."""
    # As text: SQLite cannot search JSON lists, and only our writer writes these.
    rows = rows.annotate(verdict_text=Cast("verdicts", TextField()))
    is_suspect = (
        Q(used_again__gt=0)
        | Q(verdict_text__contains='"bad"')
        | Q(after_tokens__gt=F("target_tokens"))
        | Q(after_tokens__gte=F("before_tokens"))
        | Q(score__lt=ROUTINE_SCORE)
    )
    return rows.annotate(
        group=Case(
            When(is_suspect, then=READ_FIRST),
            When(score=None, then=DUE),
            default=ROUTINE,
            output_field=IntegerField(),
        ),
        again=Coalesce("used_again", Value(-1)),
        lost=Coalesce("facts_lost", Value(-1)),
        saved=F("before_tokens") - F("after_tokens"),
        score_or_most=Coalesce("score", Value(NOT_SCORED), output_field=FloatField()),
        session_key=F("session__key"),
    )


def page_of(
    rows: QuerySet[Compression], *, sort: str, cursor: str | None, limit: int
) -> Page:
    """A page by key. Raises CursorError for a cursor of another order."""
    if cursor and kept_in(cursor) != sort:
        raise CursorError
    phase = Phase(rows, ORDERS[sort])
    return keyset_page([phase], cursor=cursor, limit=limit, keep=sort)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A row of the list. `begins` names its group if it is the first one of it, else
    None.
    """

    cut: Compression
    begins: tuple[str, str] | None
    group_ids: str
    fates: list[tuple[str, str, str]]
    fate_words: str
    lost: str
    verdict: str

    @property
    def remark(self) -> str:
        """Shown where there is no verdict."""
        if self.cut.score is None:
            return "not worked out yet" if self.cut.is_reviewable else ""
        is_routine = self.cut.score >= ROUTINE_SCORE
        return "nothing found" if is_routine else f"scored below {ROUTINE_SCORE:.2f}"


def rows_for(page: Sequence[Any], *, is_grouped: bool) -> list[InboxRow]:
    texts = CompressionText.objects.filter(pk__in=[cut.pk for cut in page])
    # Two keys of the analysis, not the whole of it: that is 100 KB a row.
    known = {
        pk: (fates, kinds)
        for pk, fates, kinds in texts.values_list(
            "pk", "analysis__fate_counts", "analysis__facts_by_kind"
        )
    }
    rows, last = [], None
    for cut in page:
        fates, kinds = known.get(cut.pk, (None, None))
        fates = fates or {}
        begins = GROUPS[cut.group] if is_grouped and cut.group != last else None
        last = cut.group
        rows.append(
            InboxRow(
                cut=cut,
                begins=begins,
                group_ids=",".join(str(c.pk) for c in page if c.group == cut.group)
                if begins and cut.group == ROUTINE
                else "",
                fates=bars_of(fates or {}),
                fate_words=", ".join(
                    f"{count:,} {fate}"
                    for fate, count in (fates or {}).items()
                    if count
                ),
                lost=lost_words(kinds),
                verdict=verdict_of(cut),
            )
        )
    return rows


SHORT = {
    "larger_than_source": "larger than the original",
    "empty_summary": "no summary",
    "pair_split": "tool call split",
    "target_missed": "target missed",
}


def verdict_of(cut: Compression) -> str:
    """The worst that is known, in two or three words; "" when nothing was found."""
    bad = [v for v in cut.verdicts if v.get("severity") == "bad"]
    for verdict in bad:
        if verdict.get("code") == "instructions_lost":
            number = str(verdict.get("text", "")).split()[0]
            return f"{number} instruction{'' if number == '1' else 's'} lost"
    for verdict in bad:
        if verdict.get("code") in SHORT:
            return SHORT[verdict["code"]]
    if cut.is_target_met is False:
        return "target missed"
    if cut.used_again:
        return f"{cut.used_again:,} used again"
    return "low score" if cut.score is not None and cut.score < LOW_SCORE else ""
