"""What fills the window of a relayed request, found while its answer streams."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from tracker.domain.caching.prefixes import Prefix, first_difference
from tracker.domain.composition.filling import (
    Filling,
    definition_weights,
    filling_of,
)
from tracker.domain.counting.counters import (
    EstimatedCounter,
    TokenCounter,
    count_conversation,
    token_counter,
)
from tracker.domain.counting.tokenizers.own import TokenizerFailed
from tracker.domain.dialects.context_blocks import read_context
from tracker.domain.dialects.reading import read_dialect
from tracker.domain.reports import Parts, UsageReport
from tracker.gateway.turn.composed import Composed, Key, Sent
from tracker.ingest.compressing.cuts import raw_digests

MOST_LANES = 500  # of about 10 KB each
MOST_ANSWER_BYTES = 200_000
# Of one project's requests that wait to be read. Large ones that come faster would fill
# the memory; those beyond are stored without names.
MOST_WAITING_BYTES = 64 * 1024 * 1024
MOST_SIDES = 64  # system prompts, and tool definitions: all calls of an agent share one
# A thread that works keeps all others from theirs for 5 ms: it stops after so many
# messages, which take about 1 ms.
SLICE = 12
PAUSE_SECONDS = 0.0005
SECONDS = 10.0  # a record waits no longer for it
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """A lane's last request. `answer` is what its provider holds besides."""

    prefix: Prefix
    filling: Filling
    history: int
    in_system: int
    answer: bytes = b""
    is_continued: bool = False


class _Side(NamedTuple):
    """What stands beside the messages: counted, and the tools' weights."""

    tokens: int
    weights: dict[str, int]


class Fillings:
    """Of the lanes that called last, MOST_LANES at most. A request that continues the
    one before it is read on from there: 0.1 ms instead of 5 ms for 400 KB.

    One thread works, in the order of the calls. It holds a request until it is read,
    and no text after that.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._sides: OrderedDict[tuple[Any, ...], _Side] = OrderedDict()
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: Counter[int] = Counter()  # bytes, by project
        self._counting = threading.Lock()

    def start(self, sent: Sent) -> Future[Composed | None] | None:
        """None where too much of the project waits. The future's None is for what could
        not be read; the call was relayed all the same.
        """
        project_id, size = sent.key[0], sum(map(len, sent.messages))
        with self._counting:
            waiting = self._waiting[project_id]
            if waiting and waiting + size > MOST_WAITING_BYTES:
                return None
            self._waiting[project_id] += size
        found = self._in_thread().submit(self._composed, sent)
        found.add_done_callback(lambda _: self._took(project_id, size))
        return found

    def _took(self, project_id: int, size: int) -> None:
        with self._counting:
            self._waiting[project_id] -= size
            if self._waiting[project_id] <= 0:
                del self._waiting[project_id]

    def note_answer(self, key: Key, answer: bytes) -> None:
        """The items that a provider keeps for a request that continues this one."""
        if answer and len(answer) <= MOST_ANSWER_BYTES:
            self._in_thread().submit(self._note, key, answer)

    async def into(
        self, report: UsageReport, found: Future[Composed | None]
    ) -> UsageReport:
        try:
            waited = asyncio.wrap_future(found)
            composed = await asyncio.wait_for(waited, SECONDS)
        except TimeoutError:
            composed = None
        return report if composed is None else composed.into(report)

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None
        self._known.clear()
        self._sides.clear()

    def _in_thread(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="composing")
        return self._thread

    def _note(self, key: Key, answer: bytes) -> None:
        if key in self._known:
            self._known[key].answer = answer

    def _composed(self, sent: Sent) -> Composed | None:
        try:
            return self._compose(sent)
        except Exception as error:  # noqa: BLE001  # the record goes on without it
            logger.info("A call's messages were not named: %s", error)
            return None

    def _compose(self, sent: Sent) -> Composed | None:
        counter = token_counter(sent.method, sent.model)
        try:
            return self._counted(sent, counter)
        except TokenizerFailed as error:
            return self._counted(sent, EstimatedCounter(reason=str(error)))

    def _counted(self, sent: Sent, counter: TokenCounter) -> Composed | None:
        digests = sent.digests or raw_digests.chain(sent.messages)
        prefix = Prefix.of(sent.model, sent.tools, sent.system, sent.cut, digests)
        known = self._known.get(sent.key)
        if sent.is_continued:
            if (
                known is None
            ):  # the provider holds the earlier messages, and they were not seen here
                return None
            prefix = prefix._replace(marks=b"")
        differs = first_difference(known.prefix, prefix) if known is not None else ""
        new = [msgspec.json.decode(raw) for raw in _new(sent, known, prefix)]
        if sent.is_continued and known is not None:
            new = [*_items(known.answer), *new]
        elif len(new) == len(sent.messages):
            known = None
        system = self._side("system", sent.system, sent.model, counter)
        tools = self._side("tools", sent.tools, sent.model, counter)
        now = _read_on(known, new, prefix, counter)
        now.is_continued = sent.is_continued
        now.filling.define(tools.weights)
        self._keep(sent.key, now)
        held = now.filling.fork()
        return Composed(
            counted=Parts(
                system=system.tokens + now.in_system,
                history=now.history,
                tools=tools.tokens,
            ),
            source=counter.source,
            added=held.take_added(),
            packed=held.packed(),
            differs=differs,
        )

    def _keep(self, key: Key, now: _Known) -> None:
        self._known[key] = now
        self._known.move_to_end(key)
        if len(self._known) > MOST_LANES:
            self._known.popitem(last=False)

    def _side(self, name: str, raw: bytes, model: str, counter: TokenCounter) -> _Side:
        if not raw:
            return _Side(0, {})
        key = (name, hash(raw), len(raw), model, counter.name)
        found = self._sides.get(key)
        if found is None:
            value = msgspec.json.decode(raw)
            if name == "tools":
                parts = count_conversation(
                    [], tools=value, model=model, counter=counter
                )
                found = _Side(parts.tools, definition_weights(value))
            else:
                if isinstance(value, dict) and isinstance(value.get("parts"), list):
                    value = value["parts"]  # Gemini's
                value, _ = read_context(value, "system")
                parts = count_conversation(
                    [], system=value, model=model, counter=counter
                )
                found = _Side(parts.system, {})
            self._sides[key] = found
            if len(self._sides) > MOST_SIDES:
                self._sides.popitem(last=False)
        else:
            self._sides.move_to_end(key)
        return found


def _new(sent: Sent, known: _Known | None, prefix: Prefix) -> Sequence[bytes]:
    """The messages that are not counted yet: all where it continues nothing known."""
    if sent.is_continued or known is None or known.is_continued:
        return sent.messages
    count = known.prefix.count_in(prefix)
    return sent.messages if not count else sent.messages[sent.held + count :]


def _read_on(
    known: _Known | None, items: list[Any], prefix: Prefix, counter: TokenCounter
) -> _Known:
    """`known`, or an empty window, and these items behind it."""
    model = prefix.model
    filling = known.filling.fork() if known is not None else Filling()
    history = known.history if known is not None else 0
    in_system = known.in_system if known is not None else 0
    messages = read_dialect(items).messages
    for at in range(0, len(messages), SLICE):
        if at:
            time.sleep(PAUSE_SECONDS)
        part, sizes = messages[at : at + SLICE], list[int]()
        parts = count_conversation(part, model=model, counter=counter, sizes=sizes)
        in_system += parts.system
        history += sum(sizes) - parts.system
        filling = filling_of(part, sizes, known=filling, model=model)
    return _Known(prefix, filling, history, in_system)


def _items(answer: bytes) -> list[Any]:
    found = msgspec.json.decode(answer) if answer else []
    return found if isinstance(found, list) else []


fillings = Fillings()
