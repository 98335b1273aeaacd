"""Texts that no honest person sends, each by the harm it would do if it were believed.

Whatever succeeds leaves a trace that a test can find: `window.pwned` in a browser,
an element or attribute named x-pwned, or the word PWNED put together by a template.
"""

from __future__ import annotations

NAME = 255  # characters a session's key or title may have

MARKUP = {
    "script": "<script>window.pwned='script'</script>",
    "image": "<img src=x onerror=window.pwned='image'>",
    "svg": "<svg/onload=window.pwned='svg'><x-pwned>",
    "double quote": '"><x-pwned a="',
    "single quote": "'><x-pwned a='",
    "attribute": '" onfocus="window.pwned=1" autofocus x-pwned="',
    "no quote": "x onmouseover=window.pwned=1 x-pwned=",
    "raw text": "</title></textarea></option></select><x-pwned>",
    "style": "</style><style>*{display:none}</style><x-pwned>",
    "comment": "--><x-pwned><!--",
    "cdata": "]]><x-pwned/>",
    "json in script": "</script><script>window.pwned='json'</script>",
    "json": '","x-pwned":"1\\u003cscript>',
    "htmx": "<div hx-get='/logout/' hx-trigger='load' x-pwned></div>",
    "script address": "javascript:window.pwned='address'",
    "data address": "data:text/html,<script>window.pwned=1</script>",
    "backtick": "`${window.pwned=1}`",
    "half a tag": "<x-pwned",
    "entity": "&lt;x-pwned&gt; &#60;x-pwned&#62; &amp;amp;",
    "plotly": "<a href='javascript:window.pwned=1'>plot</a><br>%{y}",
}
TEMPLATES = {
    "django": '{{ "PW"|add:"NED" }}{% debug %}{% include "x" %}{#',
    "python": "%(PWNED)s %s %n {PWNED} {0.__class__} {}",
    "shell": "$(echo PW''NED) `id` ${IFS} ; | & > /tmp/x",
    "sql": "'; DROP TABLE tracker_llmsession; --%_\\",
    "regular expression": "(a+)+$[",
    "javascript's own": "__proto__",
    "javascript's maker": "constructor",
    "not a number": "NaN",
}
CELLS = {
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "full width": "＝1+1",
    "quoted": '","=1+1","',
}
ADDRESSES = {
    "climbing": "../../../etc/passwd",
    "dots": "..",
    "parts of an address": "a/b?c=d&e=f#g",
    "encoded": "%2e%2e%2f%00%0d%0a%3Cx-pwned%3E",
}
HIDDEN = {
    "override": "invoice\u202efdp.exe",
    "isolates": "to\u2067 admin\u2066 from\u2069",
    "zero width": "pay\u200bpal",
    "byte order mark": "\ufeffpay\u2060pal",
    "tags": "ok\U000e0041\U000e0042",
    "stacked accents": "Z" + "\u0301" * (NAME - 1),
    "line separators": "one\u2028two\u2029three",
    "noncharacter": "end\uffff",
}
LONG = {
    "long word": "W" * NAME,
    "long wide word": "\U0001d54e" * NAME,
    "long right to left": "\u0645" * NAME,
    "long address": "https://example.com/" + "a" * (NAME - 20),
}
# Refused in names; counted, and kept in the text of messages.
CONTROLS = {
    "nul": "nul\0nul",
    "colours": "\x1b[31mred\x1b[0m\x1b]0;PWNED\x07",
    "one byte sequences": "\x9b31mred\x85",
    "backspaces": "safe\x08\x08\x08\x08evil\x7f",
    "header": "a\r\nSet-Cookie: pwned=1\r\n\r\n<x-pwned>",
    "tab and formula": "\t=1+1",
}
NAMES = MARKUP | TEMPLATES | CELLS | ADDRESSES | HIDDEN | LONG
TEXTS = NAMES | CONTROLS
LONE_SURROGATE = rb'"\ud800"'
HUGE_WORD = "H" * 10_000_000


def messages() -> list[dict[str, object]]:
    """A conversation of nothing else, in every place a message has for text."""
    said: list[dict[str, object]] = []
    for number, text in enumerate(TEXTS.values()):
        said.append({"role": "user", "content": text})
        call = {"id": f"c{number}", "name": text, "input": {text: text}}
        result = {"type": "tool_result", "tool_use_id": f"c{number}", "content": text}
        said.append(
            {"role": "assistant", "content": [{"type": "tool_use"} | call]},
        )
        said.append({"role": "user", "content": [result]})
    return said


def block_of_no_known_kind() -> dict[str, object]:
    return {"role": "user", "content": [{"type": "<x-pwned>", "x": "<x-pwned>"}]}
