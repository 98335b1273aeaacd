"""What fills a window whose text is known in part: the rest gets a name, inferred."""

from __future__ import annotations

from tracker.domain.reports import Parts, attribute

# More than any client's own prompt, tool definitions and memory files come to: of a
# first request that holds still more, the beginning is missing, and nobody knows what
# it was.
MOST_HIDDEN_TOKENS = 120_000


def infer_parts(total: int, counted: Parts, hidden: int | None) -> tuple[Parts, bool]:
    """`counted` text made to add up to a reported `total`; True if parts are inferred.

    `hidden` is the least that any request of the lane held beyond its counted text,
    this one included: what was there from the first request on is the system prompt,
    the tool definitions and the memory files, whichever of them were not counted. What
    came on top since then came with the conversation (thinking, attachments, text that
    the estimate makes too small), and goes to its parts in proportion.

    A first request of 41,000 with 1,000 counted: 40,000 are system prompt. Later
    61,000 with 11,000 counted: 40,000 system prompt, 21,000 history.
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
    # What has grown goes to the parts that were said; to the history if none were.
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
