"""What a tool's call is about: the file it reads, the skill it starts, a few words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

LABEL_LENGTH = 80
LONGEST_PATH = 200
# The tools of known agents that answer with the text of one file: Claude Code, Codex,
# Gemini CLI, Qwen Code, Cline, opencode, Copilot CLI, Mistral Vibe, Kimi Code, pi.
_READERS = frozenset(
    {
        "file_read", "fs_read", "notebookread", "open_file", "read", "read_file",
        "readfile", "view", "view_file",
    }
)  # fmt: skip
_EDITORS = ("str_replace_editor", "str_replace_based_edit_tool")
_SHELLS = frozenset(
    {
        "bash", "exec", "exec_command", "execute_command", "local_shell",
        "run_command", "run_shell_command", "shell", "terminal",
    }
)  # fmt: skip
_PATHS = ("file_path", "path", "filePath", "absolute_path", "target_file", "filename",
          "notebook_path")  # fmt: skip
_RANGES = ("offset", "limit", "start_line", "end_line", "line_start", "line_end",
           "startLine", "endLine", "view_range", "pages")  # fmt: skip
_COMMANDS = ("command", "cmd", "script")
_SUBJECTS = ("pattern", "query", "url", "description", "task", "prompt")
# One command that prints one file; a pipe or a second command prints something else.
_CAT = re.compile(
    r"\s*(?:cat|nl|bat)\s+(?:-[A-Za-z]+\s+)*(['\"]?)([^\s'\"|;&<>]+)\1\s*"
)
_SED = re.compile(
    r"\s*sed\s+-n\s+['\"]?(\d+(?:,\d+)?)p['\"]?\s+(['\"]?)([^\s'\"|;&<>]+)\2\s*"
)
_HEAD = re.compile(
    r"\s*(head|tail)\s+(?:-n\s*)?(-?\d+)\s+(['\"]?)([^\s'\"|;&<>]+)\3\s*"
)
_LONGEST_COMMAND = 300


class Call(NamedTuple):
    """A tool, and what it was asked for. `file` is set where it reads a file, `lines`
    where it reads a part of it; `skill` where it starts one. `about` is for a label.
    """

    tool: str
    file: str = ""
    lines: str = ""
    skill: str = ""
    about: str = ""

    @property
    def label(self) -> str:
        """`Read src/app.py, lines 1 to 400`, `Bash pytest -q`."""
        return _label(self.tool, self.about) if self.about else self.tool


@lru_cache(maxsize=2048)
def _label(tool: str, about: str) -> str:
    return one_line(f"{tool} {about}")


def call_of(name: Any, arguments: Any) -> Call:
    """`("Read", {"file_path": "a.py", "offset": 1, "limit": 9})` reads lines 1 to 9 of
    a.py; `("bash", '{"command": "cat a.py"}')` reads the whole of it.
    """
    tool, plain = _names(name if isinstance(name, str) else str(name or ""))
    data = arguments if isinstance(arguments, dict) else _mapping(arguments)
    if plain in _SHELLS:
        command = _command(data) if data else str(arguments or "")
        file, lines = _printed_file(command)
        return Call(tool, file, lines, about=one_line(command))
    path = _first(data, _PATHS)
    if path:
        about = short_path(path)
        is_view = plain in _EDITORS and data.get("command") == "view"
        if plain not in _READERS and not is_view:
            return Call(tool, about=about)
        lines = _lines(data)
        about = f"{about}, {lines}" if lines else about
        return Call(tool, stored_path(path), lines, about=about)
    if plain == "skill":
        skill = one_line(str(data.get("skill") or data.get("command") or ""))
        return Call(tool, skill=skill, about=skill)
    return Call(tool, about=one_line(_first(data, _SUBJECTS)))


def _first(data: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these that is a text."""
    for name in names:
        found = data.get(name)
        if isinstance(found, str):
            return found
    return ""


@lru_cache(maxsize=1024)
def _names(name: str) -> tuple[str, str]:
    """A tool's name for people, and the plain one without its room: `functions/exec` is
    `exec`.
    """
    tool = one_line(name or "unnamed tool")
    return tool, tool.rpartition(".")[2].rpartition("/")[2].lower()


def short_path(path: str) -> str:
    """Its last two names: `worker/app.py` of `/home/ada/billing/worker/app.py`."""
    return one_line("/".join(path.rsplit("/", 2)[-2:]))


def stored_path(path: str) -> str:
    """The end of a long path says more than its beginning."""
    return one_line(path[-LONGEST_PATH:], LONGEST_PATH)


def server_of(tool: str) -> str:
    """The MCP server of `mcp__github__create_issue` is "github"; "" for other tools."""
    if not tool.startswith("mcp__"):
        return ""
    return tool[5:].partition("__")[0]


def one_line(text: str, length: int = LABEL_LENGTH) -> str:
    """`text` without line breaks and other invisible signs, cut to `length` letters."""
    text = text[: length * 2]
    if not text.isprintable():  # mostly its line breaks
        text = " ".join(text.split())
        if not text.isprintable():
            text = "".join(sign if sign.isprintable() else " " for sign in text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _mapping(arguments: Any) -> Mapping[str, Any]:
    if isinstance(arguments, str) and arguments.startswith("{"):
        try:
            found = json.loads(arguments)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
    return {}


def _command(data: Mapping[str, Any]) -> str:
    for name in _COMMANDS:
        told = data.get(name)
        if isinstance(told, str):
            return told
        if isinstance(told, list) and told:
            # ["bash", "-lc", "cat a.py"]
            is_shell = len(told) == 3 and str(told[1]).startswith("-")
            return str(told[2]) if is_shell else " ".join(map(str, told))
    return ""


def _printed_file(command: str) -> tuple[str, str]:
    """The file whose text a command prints, and which lines; ("", "") for others."""
    if len(command) > _LONGEST_COMMAND:
        return "", ""
    if found := _CAT.fullmatch(command):
        return stored_path(found[2]), ""
    if found := _SED.fullmatch(command):
        first, _, last = found[1].partition(",")
        return stored_path(found[3]), f"lines {first} to {last or first}"
    if found := _HEAD.fullmatch(command):
        where = "first" if found[1] == "head" else "last"
        return stored_path(found[4]), f"{where} {found[2].lstrip('-')} lines"
    return "", ""


def _lines(data: Mapping[str, Any]) -> str:
    """`lines 1 to 400`; "" where the whole file was asked for."""
    if len(data) == 1:  # the path alone
        return ""
    told = {name: data[name] for name in _RANGES if data.get(name) is not None}
    if not told:
        return ""
    first, count = told.get("offset"), told.get("limit")
    if isinstance(first, int | None) and isinstance(count, int):
        start = first or 1
        return f"lines {start} to {start + count - 1}"
    pairs = (("start_line", "end_line"), ("line_start", "line_end"),
             ("startLine", "endLine"))  # fmt: skip
    for begin, end in pairs:
        if begin in told or end in told:
            return f"lines {told.get(begin, 1)} to {told.get(end, 'the end')}"
    view = told.get("view_range")
    if isinstance(view, list) and len(view) == 2:
        return f"lines {view[0]} to {view[1]}"
    if isinstance(first, int):
        return f"from line {first}"
    return one_line(", ".join(f"{name} {value}" for name, value in told.items()), 60)
