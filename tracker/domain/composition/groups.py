"""A composition as a map shows it: groups, their tiles, and what could be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tracker.domain.composition.calls import one_line, server_of, short_path
from tracker.domain.composition.composition import Cell, Composition, Repeat
from tracker.domain.composition.portions import KINDS

# A tile below this share of the whole joins others as "9 more".
LEAST_SHARE = 0.006
MOST_TILES = 14  # of one group


class Tile(NamedTuple):
    """`times` is how often a file was read; `spare` its tokens that could go."""

    name: str
    tokens: int
    times: int = 0
    spare: int = 0


class Group(NamedTuple):
    """`part` gives its colour. The tiles add up to the tokens."""

    name: str
    part: str
    tokens: int
    tiles: tuple[Tile, ...]


class Advice(NamedTuple):
    """What could go: a heading, the tokens, and what to do in a sentence."""

    name: str
    tokens: int
    sentence: str


def groups_of(found: Composition) -> tuple[Group, ...]:
    """The largest first. `Read files` has a tile for each file, `Tool results` and
    `Tool calls` one for each tool, `Tool definitions` one for each MCP server.
    """
    tiles: dict[tuple[str, str], dict[str, int]] = {}
    for cell in found.cells:
        group, name = _place(cell)
        names = tiles.setdefault((group, cell.part), {})
        names[name] = names.get(name, 0) + cell.tokens
    merged: dict[str, tuple[str, dict[str, int]]] = {}
    for (group, part), names in tiles.items():
        known = merged.setdefault(group, (part, {}))[1]
        for name, tokens in names.items():
            known[name] = known.get(name, 0) + tokens
    spare: dict[str, int] = {}
    for repeat in found.repeats:
        spare[repeat.file] = spare.get(repeat.file, 0) + repeat.spare
    unused = {share.name for share in found.unused}
    groups = []
    for group, (part, names) in merged.items():
        total = sum(names.values())
        if total:
            shown = _tiles(found, group, names, spare, unused)
            groups.append(Group(group, part, total, shown))
    return tuple(sorted(groups, key=lambda each: -each.tokens))


def _place(cell: Cell) -> tuple[str, str]:
    """The group and the tile of a cell."""
    if cell.kind == "tool_results":
        if cell.name and cell.tool != "Skill":
            return "Read files", cell.name
        if cell.name:
            return "Skills", cell.name
        return "Tool results", cell.tool or "Tool results"
    if cell.kind == "tool_calls":
        return "Tool calls", cell.tool or "Tool calls"
    if cell.kind == "tool_definitions":
        return "Tool definitions", server_of(cell.tool) or cell.tool or "All tools"
    if cell.kind in ("reminders", "context"):
        return "Reminders and context", KINDS[cell.kind]
    if cell.kind == "memory_files":
        return "Memory files", cell.name or "Memory files"
    if cell.kind in ("user_text", "assistant_text", "thinking", "conversation"):
        return "Conversation", KINDS[cell.kind]
    return KINDS[cell.kind], KINDS[cell.kind]


def _tiles(
    found: Composition,
    group: str,
    names: dict[str, int],
    spare: dict[str, int],
    unused: set[str],
) -> tuple[Tile, ...]:
    is_files = group == "Read files"
    reads = found.reads or {}
    tiles = [
        Tile(
            name,
            tokens,
            times=reads.get(name, 0) if is_files else 0,
            spare=min(tokens, spare.get(name, 0))
            if is_files
            else tokens * (group == "Tool definitions" and name in unused),
        )
        for name, tokens in names.items()
        if tokens
    ]
    tiles.sort(key=lambda tile: (-tile.tokens, tile.name))
    least = found.parts.total * LEAST_SHARE
    kept = [tile for tile in tiles[:MOST_TILES] if tile.tokens >= least] or tiles[:1]
    rest = tiles[len(kept) :]
    if rest:
        kept.append(Tile(f"{len(rest)} more", sum(tile.tokens for tile in rest)))
    return tuple(kept)


def headline(found: Composition, groups: Iterable[Group]) -> str:
    """`Read files fill 36 % of it`: the largest group in a sentence."""
    first = max(groups, key=lambda group: group.tokens)
    share = round(100 * first.tokens / max(1, found.parts.total))
    is_many = first.name.endswith("s") or " and " in first.name
    verb = "fill" if is_many else "fills"
    return f"{first.name} {verb} {share}\u00a0% of it"


def advice_for(found: Composition) -> tuple[Advice, ...]:
    """What could go, the most tokens first; () where nothing stands out."""
    advice = [
        Advice(
            "The same lines were read more than once",
            each.spare,
            f"{_lines(each.file, each.lines)} {_were(each.lines)} read {each.times} "
            "times, and each copy is sent with every request. The older ones can go; "
            "a compression drops them first.",
        )
        for each in found.repeats[:3]
        if each.spare
    ]
    advice += _unused(found)
    return tuple(sorted(advice, key=lambda each: -each.tokens))


def _lines(file: str, lines: str) -> str:
    name = short_path(file)
    return f"{name}, {lines}," if lines else name


def _were(lines: str) -> str:
    return "were" if lines.startswith(("lines", "first", "last")) else "was"


def _unused(found: Composition) -> list[Advice]:
    """By MCP server: a server is switched off as a whole."""
    servers: dict[str, list[tuple[str, int]]] = {}
    for share in found.unused:
        servers.setdefault(server_of(share.name), []).append(share)
    busy = {server_of(name) for name in found.called or {}}
    advice = []
    for server, tools in servers.items():
        tokens = sum(size for _, size in tools)
        names = one_line(", ".join(name for name, _ in tools[:3]), 120)
        more = f" and {len(tools) - 3} more" if len(tools) > 3 else ""
        if server and server not in busy:
            name = f"No tool of {server} was called"
            do = f"Switch the server {server} off where it is not needed."
        else:
            name = f"{len(tools)} tool{'s' * (len(tools) > 1)} never called"
            do = "Leave them out, or let the client load them when they are asked for."
        said = f"Their definitions are sent with every request: {names}{more}. {do}"
        advice.append(Advice(name, tokens, said))
    return advice


def needed(found: Composition, label: str, kind: str) -> str:
    """Of one large message: what to do about it, in a few words."""
    if kind == "summaries":
        return "Stands for what was compressed."
    if kind == "tool_results":
        same = [each for each in found.repeats if label.endswith(_label_end(each))]
        if same:
            return f"Read {same[0].times} times: only the newest copy is needed."
        return "Ask for less of it next time: lines, a limit, a filter."
    if kind == "tool_calls":
        return "Its text is in the file now: a compression can drop it."
    if kind in ("images", "documents"):
        return "Describe it in words once it has been looked at."
    if kind == "thinking":
        return "Providers drop thinking of earlier turns; a compression does, too."
    if kind == "memory_files":
        return "Sent with every request: keep the file short."
    return "Needed as long as it is worked on."


def _label_end(repeat: Repeat) -> str:
    name = short_path(repeat.file)
    return f"{name}, {repeat.lines}" if repeat.lines else name
