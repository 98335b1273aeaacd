"""A person's own words in a message: without code, output, and what a harness adds."""

from __future__ import annotations

import re

_FENCE = re.compile(r"(?ms)^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)")
# `<system-reminder>…</system-reminder>`, `<local-command-stdout>…`, `<file_contents>…`
_TAGGED = re.compile(r"(?s)<([a-zA-Z][\w:-]{2,60})(?:\s[^<>]{0,500})?>.*?</\1>")
_CONTINUED = re.compile(
    r"\s*(?:This session is being continued from a previous conversation"
    r"|<earlier messages=|Caveat: The messages below were generated)"
)
_LINE_OF_CODE = re.compile(
    r"\s*(?:#|//|/\*|\*[ /]|--\s|>|\$ |<!--|@\w+|\d+[:→|])"
    r"|\s*(?:def|class|import|from|return|if|for|while|const|let|var|function|func"
    r"|public|private|assert)\b[^.?!]*[:;{(]\s*$"
    r"|\s*[+\-]{1,3}\s*\w+\s*[=({]"
    r"|.*[;{}]\s*$|.*(?:==|!=|:=|=>|->|&&|\|\|)"
    r"|\s*(?:Traceback|File \"|\w+Error:|\[?(?:INFO|WARN(?:ING)?|ERROR|DEBUG)\b)"
    r"|\s*\d{4}-\d\d-\d\d[T ]\d\d:"
)
_LONGEST_LINE = 1_000


def people_words(text: str) -> str:
    """What a person wrote of `text`; "" for a conversation's continuation, which a
    program wrote.

    Fenced code, tagged blocks, quoted lines, comments, diffs and logs are left out:
    "Keep it small.\\n```\\n# never do this\\n```" is "Keep it small."
    """
    if _CONTINUED.match(text):
        return ""
    if "```" in text or "~~~" in text:
        text = _FENCE.sub("", text)
    if "</" in text:
        text = _TAGGED.sub("", text)
    lines = [
        line
        for line in text.splitlines()
        if line.strip() and not _LINE_OF_CODE.match(line[:_LONGEST_LINE])
    ]
    return "\n".join(lines).strip()
