"""docs/sources.md says of each client what its reader tells: no client is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracker.domain.budget.suspicion import THEIR_FILES_SAY
from tracker.sources.transcripts.agents.registry import CLIENTS

ROOT = Path(__file__).parents[4]
DOCUMENT = ROOT / "docs" / "sources.md"
TRIED = {
    "Claude Code": "@anthropic-ai/claude-code-linux-x64",
    "Codex": "@openai/codex",
    "Kilo Code": "@kilocode/cli-linux-x64",
    "opencode": "opencode-linux-x64-baseline",
    "Gemini CLI": "@google/gemini-cli",
    "Qwen Code": "@qwen-code/qwen-code",
    "GitHub Copilot CLI": "@github/copilot",
}
OWN = {"Claude Code": "claude_code", "Codex": "codex"}
NAMES = OWN | {client.label: client.name for client in CLIENTS}
WORDS = {
    "calls": {"each", "last of a turn", "those since a snapshot", "each, as estimated"},
    "window": {"yes", "no", "by model and settings"},
    "parts": {"yes", "no"},
    "cache in input": {"inside", "beside", "by provider", "as estimated"},
    "compactions": {"whole", "summary", "not seen", "it has none"},
    "sub-agents": {"lanes", "not seen", "not documented", "it has none"},
}
OTHER_WAYS = {
    "calls": {"each"},
    "window": {"yes", "no"},
    "parts": {"yes", "no"},
    "lanes": {"lanes", "no"},
    "compaction": {"summary", "by its numbers", "its own", "no"},
}


def table(*heads: str) -> list[dict[str, str]]:
    """The rows of the table that begins with these columns, by column."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    start = next(
        i for i, line in enumerate(lines) if cells(line)[: len(heads)] == heads
    )
    names = cells(lines[start])
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(names, cells(line), strict=True)))
    return rows


def cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


@pytest.fixture(scope="module")
def files() -> list[dict[str, str]]:
    return table("client", "tried with", "where")


def test_each_client_that_is_read_has_a_row_and_no_other(
    files: list[dict[str, str]],
) -> None:
    assert [row["client"] for row in files].count("Codex") == 1
    assert {row["client"] for row in files} == NAMES.keys()
    assert len(files) == len(NAMES)


def test_its_folder_is_the_one_that_is_looked_into(files: list[dict[str, str]]) -> None:
    where = {row["client"]: row["where"] for row in files}

    for client in CLIENTS:
        folder = f"`~/{client.home}`" if client.home else "in each project"
        assert where[client.label] == folder


def test_the_releases_are_those_that_are_tried_again(
    files: list[dict[str, str]],
) -> None:
    """`make test-clients` compares their files with what they were served."""
    package = ROOT / "tests" / "clients" / "session_files" / "package.json"
    versions = json.loads(package.read_text())["dependencies"]
    named = {row["client"]: row["tried with"] for row in files}

    assert {named[client] for client in TRIED} == set(versions.values())
    for client, name in TRIED.items():
        assert named[client] == versions[name]


def test_each_cell_says_what_was_found(files: list[dict[str, str]]) -> None:
    for row in files:
        assert row["tried with"]
        for column, words in WORDS.items():
            assert row[column] in words, (row["client"], column)


def test_clients_whose_files_say_compactions_are_believed_where_they_say_none(
    files: list[dict[str, str]],
) -> None:
    said = {
        NAMES[row["client"]]
        for row in files
        if row["compactions"] in ("whole", "summary")
    }

    assert said == THEIR_FILES_SAY


def test_the_other_ways_are_told_in_the_same_words() -> None:
    rows = table("client", "way", "calls")

    assert {row["client"] for row in rows} - NAMES.keys() == {
        "any that takes a base URL"
    }
    for row in rows:
        for column, words in OTHER_WAYS.items():
            assert row[column] in words, (row["client"], row["way"], column)


def test_what_is_not_read_is_no_client_that_is_and_says_why() -> None:
    rows = table("client", "why")

    assert rows and all(row["why"] for row in rows)
    assert not {row["client"] for row in rows} & NAMES.keys()
