"""What of a composition is kept where a project keeps no text, or redacts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tracker.domain.composition.portions import KINDS


def without_names(packed: str) -> str:
    """Numbers by kind alone: no tool, file, skill or label. For a project that keeps no
    messages; what a message is about is part of what it says.
    """
    data = json.loads(packed)

    def cell(part: str, kind: str, _tool: str, _name: str) -> tuple[str, ...]:
        return part, kind, "", ""

    return _packed(
        cells=_merged(data["cells"], cell),
        largest=[[n, at, kind, KINDS[kind]] for n, at, kind, _ in data["largest"]],
        messages=data["messages"],
    )


def redacted(packed: str, redact: Callable[[str], str]) -> str:
    """The same filling with `redact` over its names and labels."""
    data = json.loads(packed)

    def cell(part: str, kind: str, tool: str, name: str) -> tuple[str, ...]:
        return part, kind, _line(redact(tool)), _line(redact(name))

    reads: dict[str, list[int]] = {}
    for key, read in data["reads"].items():
        file, _, lines = key.partition("\n")
        reads[f"{_line(redact(file))}\n{_line(redact(lines))}"] = read
    return _packed(
        cells=_merged(data["cells"], cell),
        reads=reads,
        largest=[[*each[:3], redact(each[3])] for each in data["largest"]],
        tools={_line(redact(tool)): size for tool, size in data["tools"].items()},
        called={_line(redact(tool)): times for tool, times in data["called"].items()},
        messages=data["messages"],
    )


def added_without_names(added: str) -> str:
    """The lines of `Filling.take_added` by kind alone."""
    sums: dict[str, int] = {}
    for tokens, kind, _ in added_lines(added):
        sums[kind] = sums.get(kind, 0) + tokens
    return "\n".join(f"{tokens}\t{kind}\t" for kind, tokens in sums.items())


def added_redacted(added: str, redact: Callable[[str], str]) -> str:
    return "\n".join(
        f"{tokens}\t{kind}\t{_line(redact(label))}"
        for tokens, kind, label in added_lines(added)
    )


def added_lines(added: str) -> list[tuple[int, str, str]]:
    """(tokens, kind, label) of each line; the kind is "" for "and 3 more"."""
    found = []
    for line in added.split("\n") if added else ():
        tokens, kind, label = line.split("\t", 2)
        found.append((int(tokens), kind, label))
    return found


def _merged(
    cells: Mapping[str, int], renamed: Callable[[str, str, str, str], tuple[str, ...]]
) -> dict[str, int]:
    merged: dict[str, int] = {}
    for key, tokens in cells.items():
        part, kind, tool, name = key.split("\n", 3)
        new = "\n".join(renamed(part, kind, tool, name))
        merged[new] = merged.get(new, 0) + tokens
    return merged


def _line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")


def _packed(**told: object) -> str:
    empty: dict[str, object] = {
        "cells": {}, "reads": {}, "largest": [], "tools": {}, "called": {},
        "messages": 0,
    }  # fmt: skip
    return json.dumps(empty | told, separators=(",", ":"))
