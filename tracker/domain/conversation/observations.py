"""Tells an agent's observations from a person's words where both are a user's messages.

Agents that speak a text protocol write a command at the end of a message, and get what
it printed as the next message of the user: SWE-agent, mini-SWE-agent, OpenHands, Cline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A command as the last thing said: a fenced block, an XML call, an `Action:` line.
_ACTION = re.compile(
    r"```\s*\Z"
    r"|</(?:function|function_calls|execute_\w+|invoke|bash|tool_call|use_mcp_tool"
    r"|[a-z]+_(?:file|files|command|content|result|completion|question))>\s*\Z"
    r"|(?m:^)(?:Action Input|Action):[^\n]*\s*\Z"
)
# What a harness writes around its answers, in any kind of conversation.
_HARNESS = re.compile(
    r"\s*(?:OBSERVATION|Observation|<observation|<returncode>|<output>|<tool_response>"
    r"|<function_results>|<local-command-|<command-|<system-reminder>|<bash-"
    r"|EXECUTION RESULT|\[The command completed|\[\w+ for '|Tool output:)"
)
_LEAST_ACTIONS = 3
_LEAST_SHARE = 0.7
_TAIL = 400  # characters in which an action ends


def acts(text: str) -> bool:
    """Whether a message of an assistant ends with a command."""
    return _ACTION.search(text[-_TAIL:]) is not None


def is_of_harness(text: str) -> bool:
    """Whether a user's message begins as a program's does."""
    return _HARNESS.match(text) is not None


def observed(roles: Sequence[str], texts: Sequence[str]) -> frozenset[int]:
    """The places of users' messages that hold what a command printed.

    One directly behind a command, where at least 3 and 70 % of the assistant's
    messages end with one, and one that begins as a harness writes it. Where each
    answer ends with a fenced `ls`: every user's message but the first.
    """
    said = [at for at, role in enumerate(roles) if role == "assistant" and texts[at]]
    acting = {at for at in said if acts(texts[at])}
    is_protocol = len(acting) >= _LEAST_ACTIONS and len(acting) >= _LEAST_SHARE * len(
        said
    )
    return frozenset(
        at
        for at, role in enumerate(roles)
        if role == "user"
        and ((is_protocol and at > 0 and at - 1 in acting) or is_of_harness(texts[at]))
    )
