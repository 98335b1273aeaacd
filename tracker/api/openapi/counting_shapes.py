"""How numbers came about, in an answer: counter, calibration, model, money."""

from __future__ import annotations

from tracker.api.openapi.schema import (
    FLAG,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TOKENS,
    Schema,
    closed,
    one_of,
    or_null,
    said,
)

_COUNTER: dict[str, Schema] = {
    "name": said(TEXT, "What counts: a rule, an encoding, a tokenizer of one's own."),
    "source": one_of(("counted", "estimated")),
    "reason": said(or_null(TEXT), "Why it is an estimate; null where nothing is."),
}
COUNTED_BY = closed(_COUNTER)
CALIBRATION = closed(
    {
        "of": said(TEXT, "The counter that it corrects."),
        "gain": said(NUMBER, "Reported tokens per counted token, of what is new."),
        "overhead_tokens": said(TOKENS, "What reports hold and no count sees."),
        "error": said(or_null(NUMBER), "Of recent predictions; 0.01 is one percent."),
        "samples": said(INTEGER, "Reports it has learnt from."),
    }
)
COUNTING = closed(
    {
        "method": said(TEXT, "The policy's: estimated, counted or a tokenizer's name."),
        **_COUNTER,
        "calibration": or_null(CALIBRATION),
    }
)
DIVERGENCE = closed(
    {
        "counted_tokens": TOKENS,
        "reported_tokens": TOKENS,
        "ratio": said(NUMBER, "Reported / counted."),
        "likely_cause": said(TEXT, "A guess, in a sentence."),
        "at": TIME,
    }
)
MODEL_INFO = closed(
    {
        "name": TEXT,
        "window_tokens": INTEGER,
        "max_input_tokens": or_null(INTEGER),
        "max_output_tokens": or_null(INTEGER),
        "source": TEXT,
        "as_of": said(TEXT, "The day of the catalogue's snapshot."),
    }
)
COST = closed(
    {
        "amount": or_null(NUMBER),
        "currency": TEXT,
        "is_estimate": FLAG,
        "as_of": said(TEXT, "The oldest of the prices."),
        "priced_requests": said(INTEGER, "Those with reported usage and a price."),
        "requests": INTEGER,
        "saved": or_null(
            closed(
                {
                    "cached": said(NUMBER, "Had the tokens been read from a cache."),
                    "uncached": said(NUMBER, "Had they been sent anew."),
                }
            )
        ),
    }
)
