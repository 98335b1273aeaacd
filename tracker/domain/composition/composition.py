"""A stored filling, made to add up to the parts of its request, and looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from tracker.domain.composition.calls import server_of
from tracker.domain.reports import Parts

# The kind that a whole part gets when its contents are not known.
_WHOLE = {
    "system": "system_prompt",
    "tools": "tool_definitions",
    "user_context": "context",
    "history": "conversation",
    "unattributed": "unattributed",
}


class Cell(NamedTuple):
    """The smallest share that is known. Every view is a sum of cells."""

    part: str
    kind: str
    tool: str
    name: str
    tokens: int


class Share(NamedTuple):
    name: str
    tokens: int


class ToolShare(NamedTuple):
    """One tool: its definition, its calls, and what it answered, in tokens."""

    name: str
    server: str
    definition: int
    calls: int
    results: int
    times: int

    @property
    def tokens(self) -> int:
        return self.definition + self.calls + self.results


class Large(NamedTuple):
    """A message, the `number`th in the window."""

    number: int
    kind: str
    label: str
    tokens: int


class Repeat(NamedTuple):
    """The same lines of one file, read `times`. `spare` tokens are of older copies."""

    file: str
    lines: str
    times: int
    tokens: int
    spare: int


@dataclass(frozen=True)
class Composition:
    """What fills a window. The cells add up to the parts, token for token."""

    parts: Parts
    cells: tuple[Cell, ...]
    largest: tuple[Large, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    unused: tuple[Share, ...] = ()
    called: Mapping[str, int] | None = None
    reads: Mapping[str, int] | None = None
    messages: int = 0
    uncounted: int = 0  # tokens of the parts that are in no text that was counted

    @classmethod
    def read(cls, packed: str, parts: Parts) -> Composition:
        """A filling counts text; what a provider reports may be more or less. Each part
        is shared out among its cells: 300 and 100 counted of a history of 500 tokens
        are 375 and 125.
        """
        data = json.loads(packed)
        weights: dict[str, list[tuple[str, str, str, int]]] = {}
        for key, tokens in data["cells"].items():
            part, kind, tool, name = key.split("\n", 3)
            weights.setdefault(part, []).append((kind, tool, name, tokens))
        weights["tools"] = [
            ("tool_definitions", tool, "", size) for tool, size in data["tools"].items()
        ]
        cells, uncounted = [], 0
        for part, whole in _WHOLE.items():
            tokens, shares = getattr(parts, part), weights.get(part, [])
            cells += _cells(part, whole, tokens, shares)
            uncounted += max(0, tokens - sum(each[3] for each in shares))
        counted = sum(each[3] for each in weights.get("history", []))
        ratio = parts.history / counted if counted else 1.0
        called = data["called"]
        sizes = {cell.tool: cell.tokens for cell in cells if cell.part == "tools"}
        return cls(
            parts=parts,
            cells=tuple(cells),
            largest=tuple(
                Large(number, kind, label, min(round(n * ratio), parts.history))
                for n, number, kind, label in data["largest"]
            ),
            repeats=_repeats(data["reads"], ratio),
            unused=by_size((t, n) for t, n in sizes.items() if t and t not in called),
            called=called,
            reads=_times(data["reads"]),
            messages=data["messages"],
            uncounted=uncounted,
        )

    @classmethod
    def of_parts(cls, parts: Parts) -> Composition:
        """Where nothing but the parts is known."""
        cells = [
            cell
            for part, whole in _WHOLE.items()
            for cell in _cells(part, whole, getattr(parts, part), [])
        ]
        return cls(parts, tuple(cells))

    @cached_property
    def kinds(self) -> tuple[Share, ...]:
        return _grouped((cell.kind, cell.tokens) for cell in self.cells)

    @cached_property
    def files(self) -> tuple[Share, ...]:
        """The files that tools read, by what of them is in the window."""
        return _grouped((c.name, c.tokens) for c in self.cells if _is_file(c))

    @cached_property
    def memory_files(self) -> tuple[Share, ...]:
        found = (c for c in self.cells if c.kind == "memory_files")
        return _grouped((c.name or "unnamed", c.tokens) for c in found)

    @cached_property
    def skills(self) -> tuple[Share, ...]:
        found = (c for c in self.cells if c.tool == "Skill" and c.name)
        return _grouped((c.name, c.tokens) for c in found)

    @cached_property
    def tools(self) -> tuple[ToolShare, ...]:
        """All tools that were called or defined, the largest first."""
        sums: dict[str, list[int]] = {}
        places = {"tool_definitions": 0, "tool_calls": 1, "tool_results": 2}
        for cell in self.cells:
            if cell.tool and cell.kind in places:
                sums.setdefault(cell.tool, [0, 0, 0])[places[cell.kind]] += cell.tokens
        called = self.called or {}
        found = [
            ToolShare(tool, server_of(tool), d, c, r, called.get(tool, 0))
            for tool, (d, c, r) in sums.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.tokens, each.name)))

    @cached_property
    def servers(self) -> tuple[Share, ...]:
        """The MCP servers: definitions, calls and results of their tools together."""
        return _grouped((t.server, t.tokens) for t in self.tools if t.server)


def _is_file(cell: Cell) -> bool:
    return cell.kind == "tool_results" and bool(cell.name) and cell.tool != "Skill"


def _cells(
    part: str, whole: str, total: int, weights: Sequence[tuple[str, str, str, int]]
) -> list[Cell]:
    if not total:
        return []
    if not sum(each[3] for each in weights):
        return [Cell(part, whole, "", "", total)]
    shares = shared_out(total, [each[3] for each in weights])
    return [
        Cell(part, kind, tool, name, share)
        for (kind, tool, name, _), share in zip(weights, shares, strict=True)
    ]


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to `weights` (largest remainder, so the sum is exact).
    10 by 1, 1, 1 is 4, 3, 3. The weights must not all be zero.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(
        range(len(weights)), key=lambda at: total * weights[at] % whole, reverse=True
    )
    for at in order[: total - sum(shares)]:
        shares[at] += 1
    return shares


def by_size(pairs: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    """The largest first."""
    found = (Share(name, tokens) for name, tokens in pairs)
    return tuple(sorted(found, key=lambda share: (-share.tokens, share.name)))


def _grouped(pairs: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    sums: dict[str, int] = {}
    for name, tokens in pairs:
        sums[name] = sums.get(name, 0) + tokens
    return by_size(pair for pair in sums.items() if pair[1])


def _repeats(reads: Mapping[str, Sequence[int]], ratio: float) -> tuple[Repeat, ...]:
    found = []
    for key, (times, tokens, newest) in reads.items():
        if times < 2:
            continue
        file, _, lines = key.partition("\n")
        whole, spare = round(tokens * ratio), round((tokens - newest) * ratio)
        found.append(Repeat(file, lines, times, whole, spare))
    return tuple(sorted(found, key=lambda each: (-each.spare, each.file, each.lines)))


def _times(reads: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    times: dict[str, int] = {}
    for key, read in reads.items():
        file = key.partition("\n")[0]
        times[file] = times.get(file, 0) + read[0]
    return times
