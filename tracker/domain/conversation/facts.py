"""The literals of a message worth keeping, by class: what a reviewer looks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from tracker.domain.conversation.message_pieces import Piece
from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.people_words import people_words
from tracker.domain.conversation.text.remembering import Remembered
from tracker.domain.conversation.text.units import sentences, split_units
from tracker.domain.conversation.text.vocabulary import terms_of

FACT_KINDS = (
    "constraint",
    "decision",
    "error",
    "path",
    "url",
    "command",
    "identifier",
    "number",
)
LEAST_INSTRUCTION_WORDS = 2  # that bear a meaning: "only this" asks for nothing
MOST_REMEMBERED = 4_000_000  # characters of the messages whose facts stay in the cache
MOST_CHARACTERS = 200  # of a sentence shown as a fact

# Nobody reviews a literal of that length; the patterns below would take quadratic
# time over it.
_LONG_RUN = re.compile(r"(?<!\S)\S{300,}")
_URL = re.compile(r"https?://[^\s\"'<>)\]}`]+")
# `++` gives nothing back: what follows is not in the class before it.
_PATH = re.compile(
    r"(?<![\w/:.])(?:~|\.{1,2})?/?(?:[\w.\-@]++/)+[\w.\-@]+(?::\d+)*"
    r"|(?<![\w/.])[\w\-]+(?:\.[\w\-]+)*\.(?:py|js|ts|tsx|jsx|go|rs|java|c|h|cc|cpp|rb|md"
    r"|json|ya?ml|toml|txt|sh|sql|html|css|cfg|ini|log|csv|php|lock|xml|env)(?::\d+)?\b"
)
_IDENTIFIER = re.compile(
    r"\b(?:[\w.+\-]++@[\w\-]+\.[\w.]*\w"  # an address
    r"|(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9](?:[\w\-]{2,}\w)"  # letters and digits
    r"|[A-Za-z]+(?:_[A-Za-z0-9]+)+"
    r"|[a-z]+[A-Z]\w+|(?:[A-Z][a-z0-9]+){2,})\b"
)
# The characters that a path or identifier may have, and those each identifier must.
_RUN = re.compile(r"[\w.\-@/~:+]{3,}")
_MAY_IDENTIFY = re.compile(r"[\d_@]|[a-z][A-Z]")
_NUMBER = re.compile(
    r"(?:([^\W\d]\w*)[ :=(]{1,3}(?:of |is |to |at |in |for |the |a |was |about ){0,2})?"
    r"(?<![\w.,:\-/])([$€£#]?\d+(?:[.,:]\d+)*%?)(?![\w/\-]|[.,]\d)"
    r"(?:[ ]([^\W\d]\w*))?"
)
_ERROR = re.compile(
    r"\b\w+(?:Error|Exception)\b|(?i:^\s*(?:e\s{2,}|error\b|fatal\b|failed\b"
    r"|traceback\b|panic:))|(?i:\berror:)"
)
_DECISION = re.compile(
    r"(?i)\b(?:decid\w+|decision|agreed|we(?:'ll| will) (?:use|go|keep)"
    r"|let'?s (?:use|go)|(?:chose|choose|chosen|settled on|going with|went with"
    r"|instead of|rejected|ruled out|root cause|turned out))\b"
)
_CONSTRAINT = re.compile(
    r"(?i)\b(?:must|never|always|don['’]?t|do not|only|make sure|ensure|required?"
    r"|not allowed|mustn['’]?t|shouldn['’]?t|should not|cannot|prefer\w*|keep|avoid"
    r"|no longer|deadline|budget|at most|at least|important)\b"
)
_COMMAND_LINE = re.compile(r"^[ \t]*[$>#][ \t]+(\S.{3,})$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`([^`\n]{4,200})`")
_PROGRAM = re.compile(
    r"(?:sudo )?(?:git|npm|npx|yarn|pnpm|pip|uv|python3?|pytest|make|docker|kubectl|go"
    r"|cargo|curl|ssh|rm|mv|cp|cat|sed|grep|psql|mysql|redis-cli|node|bash|sh|\./\S+)"
    r"\s+\S"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: `text` as it is in message number `message`; `key` is the part that must
    survive.

    For a number, `words` are the words beside it: one of them must survive with it.
    """

    kind: str
    text: str
    key: str
    message: int
    words: tuple[str, ...] = ()

    @property
    def is_sentence(self) -> bool:
        return self.kind in ("constraint", "decision", "error")


def facts_of(message: Message) -> Sequence[Fact]:
    """Every fact of a message once, in reading order; thinking holds none."""
    return _remembered((message.index, message.role, message.pieces))


def _found(key: _Key) -> tuple[Fact, ...]:
    index, role, pieces = key
    found: dict[tuple[str, str], Fact] = {}
    for piece in pieces:
        if piece.kind == "thinking" or not piece.text:
            continue
        is_call = piece.kind == "call"
        text = "\n".join(_values(piece.text)) if is_call else piece.text
        text = _LONG_RUN.sub(" … ", text)
        facts = list(_facts(index, role, text, is_prose=piece.kind == "text"))
        if is_call and (command := _called_command(piece.text)):
            short = command[:MOST_CHARACTERS]
            facts.append(Fact("command", short, command, index))
        for fact in facts:
            found.setdefault((fact.kind, fact.key.lower()), fact)
    return tuple(found.values())


_Key = tuple[int, str, tuple[Piece, ...]]
_remembered = Remembered(
    _found,
    lambda key: sum(len(piece.text) for piece in key[2]),
    MOST_REMEMBERED,
)


def _values(arguments: str) -> list[str]:
    """The values of a call's JSON; parameter names are not facts."""
    try:
        waiting = [json.loads(arguments)]
    except (ValueError, RecursionError):
        return [arguments]
    values = []
    while waiting:
        data = waiting.pop()
        if isinstance(data, dict):
            waiting.extend(data.values())
        elif isinstance(data, list):
            waiting.extend(data)
        elif data is not None:
            values.append(str(data))
    return values[::-1]


def _called_command(arguments: str) -> str:
    """The command a shell tool was called with; "" for other tools."""
    try:
        data = json.loads(arguments)
    except (ValueError, RecursionError):
        return ""
    command = data.get("command", data.get("cmd")) if isinstance(data, dict) else None
    return command if isinstance(command, str) and len(command) > 3 else ""


def _facts(at: int, role: str, text: str, *, is_prose: bool) -> Iterator[Fact]:
    yield from _literals(at, text)
    for command in _COMMAND_LINE.findall(text) + _INLINE_CODE.findall(text):
        if _PROGRAM.match(command.strip()):
            command = command.strip()
            yield Fact("command", command, command, at)
    is_person = is_prose and role in ("user", "system")
    asked = _instructions(text) if is_person else frozenset()
    for sentence in chain.from_iterable(map(sentences, split_units(text))):
        is_asked = sentence in asked
        if kind := _sentence_kind(sentence, is_asked=is_asked, is_prose=is_prose):
            yield Fact(kind, sentence[:MOST_CHARACTERS], sentence, at)
        if is_prose:
            yield from _numbers(at, sentence)


def _instructions(text: str) -> frozenset[str]:
    """Sentences in which a person asks for something that stays: no comment in code
    that was pasted, and no tool's output.
    """
    if not _CONSTRAINT.search(text):
        return frozenset()
    said = chain.from_iterable(map(sentences, split_units(people_words(text))))
    return frozenset(
        sentence
        for sentence in said
        if _CONSTRAINT.search(sentence)
        and not sentence.endswith("?")
        and len(terms_of(sentence)) >= LEAST_INSTRUCTION_WORDS
    )


def _literals(at: int, text: str) -> Iterator[Fact]:
    """Addresses, paths and identifiers; what is in one is not another as well."""
    if "://" in text:
        for address in _URL.findall(text):
            yield from _literal("url", address, at)
        text = _URL.sub(" ", text)
    # Each literal lies in one run, and most runs of a message come again in it and in
    # others: these searches are what a review spends most of its time in.
    found = list(map(_in_run, dict.fromkeys(_RUN.findall(text))))
    for paths, _ in found:
        for path in paths:
            yield from _literal("path", path, at)
    for _, identifiers in found:
        for identifier in identifiers:
            yield from _literal("identifier", identifier, at)


def _literal(kind: str, text: str, at: int) -> Iterator[Fact]:
    literal = text.rstrip(".,:;-")
    if len(literal) >= 4:
        yield Fact(kind, literal, literal, at)


@lru_cache(maxsize=32_768)
def _in_run(run: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths in a run, and the identifiers in what is left of it."""
    paths: tuple[str, ...] = ()
    if "/" in run or "." in run:
        paths = tuple(match[0] for match in _PATH.finditer(run))
        run = _PATH.sub(" ", run) if paths else run
    if not _MAY_IDENTIFY.search(run):
        return paths, ()
    return paths, tuple(match[0] for match in _IDENTIFIER.finditer(run))


def _numbers(at: int, unit: str) -> Iterator[Fact]:
    for match in _NUMBER.finditer(unit):
        before, number, behind = match.groups()
        is_list_mark = match.start(2) == 0 and unit[
            match.end(2) : match.end(2) + 1
        ] in (
            ".",
            ")",
        )
        if is_list_mark:
            continue
        words = tuple(word.lower() for word in (before, behind) if word)
        yield Fact("number", match[0].strip(), number, at, words)


def _sentence_kind(unit: str, *, is_asked: bool, is_prose: bool) -> str:
    if len(unit) < 8:
        return ""
    if _ERROR.search(unit):
        return "error"
    if not is_prose:
        return ""
    if is_asked:
        return "constraint"
    return "decision" if _DECISION.search(unit) else ""
