"""What POST /usage answers, and what every call answers when something is wrong."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tracker.api.shapes.budget import Budget, FiredEvent
from tracker.api.shapes.fields import Answer, Dialect, Object, one_of, said
from tracker.domain.counting import counters
from tracker.ingest.arrivals import Outcome, Rejection


class CountedBy(Answer):
    """What counted the text that was sent."""

    name: Annotated[str, said("A rule, an encoding or a tokenizer of your own.")]
    source: Annotated[str, one_of(("counted", "estimated"))]
    reason: Annotated[str | None, said("Why it is an estimate; null where nothing is.")]


class Recorded(Answer):
    """What became of one report."""

    session: str
    event_id: str
    duplicate: bool
    budget: Annotated[
        Budget, said("As the report left it; of a duplicate the present one.")
    ]
    events: list[FiredEvent]
    late: Annotated[
        bool | UnsetType,
        said("Present and true for a report older than the newest."),
    ] = UNSET
    implausible: Annotated[
        str | UnsetType,
        said("Present where no gauge followed the report, with the reason."),
    ] = UNSET
    counting: Annotated[
        CountedBy | UnsetType,
        said("Present where text of the report was counted here."),
    ] = UNSET
    dialect: Dialect | UnsetType = UNSET
    unread: Annotated[
        str | UnsetType,
        said("The first of the messages' parts that was left out of the count."),
    ] = UNSET

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        counter: counters.TokenCounter | None = None,
        *,
        dialect: str | None = None,
        unread: str | None = None,
    ) -> Recorded:
        """`counter` is what counted text of the report here, if it brought any; the
        `dialect` is its messages', `unread` what of them was not understood.
        """
        is_counted = counter is not None and not outcome.is_duplicate
        return cls(
            outcome.session,
            outcome.event_id,
            outcome.is_duplicate,
            Budget.of(outcome.budget),
            [FiredEvent.copied(event) for event in outcome.events],
            True if outcome.is_late else UNSET,
            outcome.implausible or UNSET,
            CountedBy.copied(counters.CountedBy.of(counter))
            if counter is not None and is_counted
            else UNSET,
            dialect or UNSET,
            unread or UNSET,
        )


class RejectedReport(Answer):
    """A report of a batch that was not stored."""

    index: Annotated[int, said("Its place in the batch, from 0.")]
    field: str
    error: str
    status: Annotated[
        int,
        Meta(
            description="422: it breaks a rule. 503: send it again, same event_id.",
            extra_json_schema={"enum": [422, 503]},
        ),
    ]

    @classmethod
    def of(cls, index: int, problem: Rejection) -> RejectedReport:
        return cls(index, problem.field, problem.message, problem.status)


class Batch(Answer):
    """What became of several reports."""

    accepted: int
    duplicates: int
    rejected: list[RejectedReport]
    results: list[Recorded]


class TakenIn(Answer):
    """What became of LiteLLM's payloads."""

    accepted: int
    ignored: Annotated[Object, said("How many were no model calls, by reason.")]
    rejected: int
    error: Annotated[str, said("The first reason for a rejection, or empty.")]


REVIEWS_DUE = said("Compactions of the project that are stored, their reviews to come.")


class SessionFileProject(Answer):
    """Where reports of session files go with this key."""

    project: Annotated[str, said("The slug of the key's project.")]
    keeps_messages: Annotated[
        str, one_of(("yes", "redacted", "no")), said("With `no`, leave messages out.")
    ]
    reviews_due: Annotated[int, REVIEWS_DUE]


class SessionFilesTaken(Answer):
    """What became of reports of session files."""

    accepted: int
    duplicates: int
    rejected: list[RejectedReport]
    reviews_due: Annotated[int, REVIEWS_DUE]


class Problem(Answer):
    code: str
    field: str | None
    message: Annotated[str, said("The rule that was broken.")]


class Error(Answer):
    """The one shape in which the API says what is wrong."""

    error: Problem
