"""Reads what the server answered as a browser would, and tells what is not harmless."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href")
# The elements in which a reviewer reads messages as they came, each its own block.
AS_IT_CAME = {"pre", "textarea"}
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
SPECIAL = {"script", "style", "textarea", "title"}  # what follows is read otherwise
MOST_KNOWN = 20_000
VOID = {"meta", "link", "input", "br", "img", "hr", "base", "col", "wbr", "source"}


@dataclass
class Look:
    """`wrong` says what must not be there; `links` lead on."""

    wrong: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The `look` of a whole page, with what was never closed."""

    known: ClassVar[dict[str, tuple[str, list[tuple[str, str | None]]]]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.look = Look()
        self.wrong = self.look.wrong
        # Each open element, and whether it or one around it shows a text as it came.
        self.open: list[tuple[str, bool]] = []
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append(f"never closed: {[name for name, _ in self.open]}")

    def updatepos(self, i: int, j: int) -> int:
        return j  # nobody asks for a line, and counting them took a tenth of the time

    def parse_starttag(self, i: int) -> int:
        """As the parser does, which takes equal elements apart once: half the time."""
        ends = self.rawdata.find(">", i) + 1
        text = self.rawdata[i:ends]
        if text in self.known:
            self.lasttag, attrs = self.known[text]
            self.handle_starttag(self.lasttag, attrs)
            return ends
        self.attrs: list[tuple[str, str | None]] = []
        at = super().parse_starttag(i)
        is_plain = at == ends and not text.endswith("/>")
        if is_plain and self.lasttag not in SPECIAL and len(self.known) < MOST_KNOWN:
            self.known[text] = self.lasttag, self.attrs
        return at

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attrs = attrs
        found = element(tag, tuple(attrs))
        self.wrong += found.wrong
        self.look.links += found.links
        if tag not in VOID:
            is_own = tag in AS_IT_CAME or any(name == "dir" for name, _ in attrs)
            self.open.append((tag, is_own or self._is_as_it_came()))

    def _is_as_it_came(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.wrong.append(f"</{tag}> where {self.open[-1:]} is open")
        names = [name for name, _ in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if "PWNED-" in data or "PWNEDPWNED" in data:
            self.wrong.append(f"a template was filled in: {data[:80]!r}")
        if self.open and self.open[-1][0] == "script" and data.strip():
            self.wrong.append(f"text in a script: {data[:80]!r}")
        if not self._is_as_it_came():
            self.wrong += hidden(
                data, f"text of {[name for name, _ in self.open[-2:]]}"
            )

    def handle_comment(self, data: str) -> None:
        if not re.fullmatch(r"[ A-Za-z]+", data):  # the admin's own, like " Header "
            self.wrong.append(f"a comment: {data[:80]!r}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"a declaration: {data[:80]!r}")


@functools.lru_cache(maxsize=20_000)  # pages have most of their elements in common
def element(tag: str, attrs: tuple[tuple[str, str | None], ...]) -> Look:
    """What is wrong with an element's start, and where it leads."""
    found, values = Look(), {name: value or "" for name, value in attrs}
    if "pwned" in tag or any("pwned" in name for name in values):
        found.wrong.append(f"a text became markup: <{tag} {values}>")
    if len(values) < len(attrs):
        found.wrong.append(f"an attribute twice: <{tag} {[*attrs]}>")
    found.wrong += [f"{n} of <{tag}>" for n in values if n.startswith("on")]
    if "style" in values or tag in ("style", "iframe", "object", "embed", "base"):
        found.wrong.append(f"<{tag} {values}>")
    own = ("/static/", "/admin/jsi18n/")
    if tag == "script" and not values.get("src", "").startswith(own):
        found.wrong.append(f"an inline script: {values}")
    for name in ADDRESSES:
        if name in values:
            _address(found, tag, name, values[name])
    for name in ("title", "aria-label"):
        found.wrong += hidden(values.get(name, ""), f"{name} of <{tag}>")
    return found


def hidden(text: str, where: str) -> Iterator[str]:
    for pattern in (OVERRIDES, INVISIBLE):
        if found := pattern.search(text):
            around = text[max(0, found.start() - 20) : found.end() + 20]
            yield f"hidden characters in {where}: {around!r}"


def _address(look: Look, tag: str, name: str, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("", "http", "https"):
        look.wrong.append(f"{name} of <{tag}>: {value!r}")
    elif parts.netloc and not value.startswith("http://localhost/"):
        if tag != "a" or not parts.netloc.endswith(".org"):
            look.wrong.append(f"<{tag}> leads away: {value!r}")
    elif tag == "a" and name == "href":
        look.links.append(value)


def look(answer: httpx.Response) -> Look:
    """What is wrong with an answer, by its kind, and where a page leads."""
    found = Look()
    if answer.status_code >= 500:
        found.wrong.append(f"{answer.status_code}")
    if any("pwned" in text.lower() for text in _answered(answer)):
        found.wrong.append("a header was added")
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind == "text/html":
        page = Page(answer.text).look
        found.wrong += page.wrong
        found.links += page.links
        if "script-src 'self'" not in answer.headers["content-security-policy"]:
            found.wrong.append("no content security policy")
    elif kind == "text/csv":
        found.wrong += _cells(answer.text)
    elif kind in ("application/json", "application/x-ndjson"):
        for text in answer.content.splitlines() if "nd" in kind else [answer.content]:
            json.loads(text)
    elif answer.content and answer.headers["x-content-type-options"] != "nosniff":
        found.wrong.append(f"{kind} may be sniffed")
    return found


def _answered(answer: httpx.Response) -> Iterator[str]:
    """Names of headers, and cookies. What was asked may stand in a Location."""
    yield from answer.headers
    yield answer.headers.get("set-cookie", "")


def _cells(text: str) -> Iterator[str]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        if len(row) != len(rows[0]):
            yield f"a row of {len(row)} cells: {row[:3]}"
        for cell in row:
            if cell.startswith(FORMULA) and not NUMBER.match(cell):
                yield f"a formula: {cell[:40]!r}"
