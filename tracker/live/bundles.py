"""What one tick brings to one audience, put together once and shared by its sockets."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from tracker.live.news import encode

SINGLE_FRAMES = 16  # more messages than this at once travel as one batch
Audience = tuple[frozenset[int], int | None]  # project ids, session or None for all


class Bundle:
    """Gauges by (session, lane), facts as (project, seq, text), counts if moved."""

    __slots__ = ("gauges", "facts", "counts", "is_list", "_frames")

    def __init__(
        self,
        gauges: dict[tuple[int, str], dict[str, Any]],
        facts: list[tuple[int, int, str]],
        counts: str | None,
        *,
        is_list: bool = False,
    ) -> None:
        self.gauges = gauges
        self.facts = facts
        self.counts = counts
        self.is_list = is_list  # for a page of many sessions
        self._frames: list[str] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.gauges or self.facts or self.counts)

    @property
    def frames(self) -> list[str]:
        if self._frames is None:
            texts = [text for _, _, text in self.facts]
            self._frames = frames_of(
                self.gauges.values(), texts, self.counts, is_list=self.is_list
            )
        return self._frames


def frames_of(
    gauges: Collection[dict[str, Any]],
    facts: list[str],
    counts: str | None,
    *,
    is_list: bool,
) -> list[str]:
    """A few messages as they are; many as one batch, in which a list of sessions is
    told of each gauge only what a row shows.
    """
    last = [] if counts is None else [counts]
    if len(gauges) + len(facts) + len(last) <= SINGLE_FRAMES:
        return [*map(text_of, gauges), *facts, *last]
    said = map(row_text_of if is_list else text_of, gauges)
    return ['{"type":"batch","messages":[' + ",".join([*said, *facts, *last]) + "]}"]


class TickNews:
    """All news of one tick: the newest gauge of each lane, and the facts in order."""

    def __init__(
        self, news: list[dict[str, Any]], counts: dict[frozenset[int], str]
    ) -> None:
        latest = {(n["pk"], n["lane"]): n for n in news if n["kind"] == "budget"}
        facts = [n for n in news if n["kind"] != "budget"]
        facts.sort(key=lambda n: n["seq"])
        self._counts = counts
        self._gauges = list(latest.values())
        self._facts = facts
        self._by_session: dict[int, list[dict[str, Any]]] = {}
        for item in (*self._gauges, *facts):
            self._by_session.setdefault(item["pk"], []).append(item)
        self._bundles: dict[Audience, Bundle] = {}

    def bundle_for(self, project_ids: frozenset[int], session: int | None) -> Bundle:
        key = (project_ids, session)
        found = self._bundles.get(key)
        if found is None:
            found = self._bundles[key] = self._bundle(project_ids, session)
        return found

    def _bundle(self, project_ids: frozenset[int], session: int | None) -> Bundle:
        items = [*self._gauges, *self._facts]
        if session is not None:
            items = self._by_session.get(session, [])
        seen = [item for item in items if item["project_id"] in project_ids]
        return Bundle(
            {
                (item["pk"], item["lane"]): item
                for item in seen
                if item["kind"] == "budget"
            },
            [
                (item["project_id"], item["seq"], text_of(item))
                for item in seen
                if item["kind"] != "budget"
            ],
            self._counts.get(project_ids) if session is None else None,
            is_list=session is None,
        )


def text_of(item: dict[str, Any]) -> str:
    """The message in words, once: what nobody here sees is never put into words."""
    text = item.get("text")
    if text is None:
        text = item["text"] = encode(item["make"]())
    return str(text)


HEAD_OF_ROW = (
    "type", "seq", "session", "pk", "project", "title", "lane", "last_at",
    "sample_count",
)  # fmt: skip
BUDGET_OF_ROW = (
    "used_tokens", "available_tokens", "used_ratio", "used_percent", "level", "policy",
)  # fmt: skip


def row_text_of(item: dict[str, Any]) -> str:
    """The same for a list of sessions: of a gauge, what a row shows."""
    text = item.get("row_text")
    if text is None:
        make = item.get("make_row")
        row = make() if make else _row_of(msgspec.json.decode(item["text"]))
        text = item["row_text"] = encode(row)
    return str(text)


def _row_of(message: dict[str, Any]) -> dict[str, Any]:
    """From another process came the whole message."""
    row = {name: message[name] for name in HEAD_OF_ROW}
    row["budget"] = {name: message["budget"][name] for name in BUDGET_OF_ROW}
    return row
