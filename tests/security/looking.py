"""Reads what the server answered as a browser would, and tells what is not harmless."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href")
# The elements in which a reviewer reads messages as they came, each its own block.
AS_IT_CAME = {"pre", "textarea"}
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile("[\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
VOID = {"meta", "link", "input", "br", "img", "hr", "base", "col", "wbr", "source"}


class Page(HTMLParser):
    """`wrong` says what a page must not hold; `links` lead on."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append(f"never closed: {[name for name, _ in self.open]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "pwned" in tag or any("pwned" in name for name in values):
            self.wrong.append(f"a text became markup: <{tag} {values}>")
        if len(values) < len(attrs):
            self.wrong.append(f"an attribute twice: <{tag} {attrs}>")
        self.wrong += [f"{n} of <{tag}>" for n in values if n.startswith("on")]
        if "style" in values or tag in ("style", "iframe", "object", "embed", "base"):
            self.wrong.append(f"<{tag} {values}>")
        own = ("/static/", "/admin/jsi18n/")
        if tag == "script" and not values.get("src", "").startswith(own):
            self.wrong.append(f"an inline script: {values}")
        for name in ADDRESSES:
            if name in values:
                self._address(tag, name, values[name])
        if tag not in VOID:
            is_own = tag in AS_IT_CAME or "dir" in values
            self.open.append((tag, is_own or any(own for _, own in self.open)))
        for name in ("title", "aria-label"):
            self._hidden(values.get(name, ""), f"{name} of <{tag}>")

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
        if not any(own for _, own in self.open):
            self._hidden(data, f"text of {[name for name, _ in self.open[-2:]]}")

    def handle_comment(self, data: str) -> None:
        if not re.fullmatch(r"[ A-Za-z]+", data):  # the admin's own, like " Header "
            self.wrong.append(f"a comment: {data[:80]!r}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"a declaration: {data[:80]!r}")

    def _hidden(self, text: str, where: str) -> None:
        for pattern in (OVERRIDES, INVISIBLE):
            if found := pattern.search(text):
                around = text[max(0, found.start() - 20) : found.end() + 20]
                self.wrong.append(f"hidden characters in {where}: {around!r}")

    def _address(self, tag: str, name: str, value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme not in ("", "http", "https"):
            self.wrong.append(f"{name} of <{tag}>: {value!r}")
        elif parts.netloc and not value.startswith("http://localhost/"):
            if tag != "a" or not parts.netloc.endswith(".org"):
                self.wrong.append(f"<{tag}> leads away: {value!r}")
        elif tag == "a" and name == "href":
            self.links.append(value)


@dataclass
class Look:
    wrong: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def look(answer: httpx.Response) -> Look:
    """What is wrong with an answer, by its kind, and where a page leads."""
    found = Look()
    if answer.status_code >= 500:
        found.wrong.append(f"{answer.status_code}")
    if any("pwned" in text.lower() for text in _answered(answer)):
        found.wrong.append("a header was added")
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind == "text/html":
        page = Page(answer.text)
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
