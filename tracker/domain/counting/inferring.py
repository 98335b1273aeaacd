"""What fills a window whose text is known in part: the rest gets a name, inferred."""

from __future__ import annotations

from tracker.domain.reports import Parts, attribute

# No client's own prompt, tool definitions and memory files are larger together. If the
# first request holds more than this beyond its text, the file's beginning is missing;
# the excess stays unattributed.
MOST_HIDDEN_TOKENS = 120_000


def infer_parts(total: int, counted: Parts, hidden: int | None) -> tuple[Parts, bool]:
    """`counted` text made to add up to a reported `total`; True if parts are inferred.

    `hidden` is the smallest difference between reported and counted tokens of all
    requests of the lane, this one included. It was there from the first request on, so
    it is the system prompt, or the tools if the system prompt was counted. The rest of
    this request's difference came with the conversation (thinking, attachments, text
    that the estimate makes too small).

    A first request of 41,000 with 1,000 counted has 40,000 of system prompt. A later
    one of 61,000 with 11,000 counted: 40,000 of system prompt, 21,000 of history.
    """
    rest = total - counted.total
    if rest <= 0:
        return attribute(total, counted), False
    steady = min(rest, hidden or 0, MOST_HIDDEN_TOKENS)
    unknown = max(0, min(rest, hidden or 0) - steady)
    grown = rest - steady - unknown
    system, tools = counted.system, counted.tools
    if system and tools:
        grown += steady
    elif system:
        tools += steady
    else:
        system = steady
    # Growth is divided among history and user context in proportion to their counts.
    # With no counted text it is all history.
    said = counted.history + counted.user_context
    to_context = grown * counted.user_context // said if said else 0
    parts = Parts(
        system=system,
        history=counted.history + grown - to_context,
        user_context=counted.user_context + to_context,
        tools=tools,
        unattributed=unknown,
    )
    return parts, True
