"""What a tool's call is about."""

from __future__ import annotations

import pytest

from tracker.domain.composition.calls import Call, call_of, one_line, server_of


@pytest.mark.parametrize(
    ("tool", "arguments", "file", "lines"),
    [
        ("Read", {"file_path": "src/app.py"}, "src/app.py", ""),
        ("Read", {"file_path": "a.py", "offset": 381, "limit": 20},
         "a.py", "lines 381 to 400"),
        ("Read", {"file_path": "a.py", "limit": 20}, "a.py", "lines 1 to 20"),
        ("read_file", '{"absolute_path": "/w/a.py"}', "/w/a.py", ""),
        ("read_file", {"path": "a.py", "start_line": 3, "end_line": 9},
         "a.py", "lines 3 to 9"),
        ("str_replace_based_edit_tool", {"command": "view", "path": "a.py",
         "view_range": [1, 4]}, "a.py", "lines 1 to 4"),
        ("str_replace_based_edit_tool", {"command": "create", "path": "a.py"}, "", ""),
        ("Bash", {"command": "cat README.md"}, "README.md", ""),
        ("shell", {"command": ["bash", "-lc", "sed -n '1,200p' a.py"]},
         "a.py", "lines 1 to 200"),
        ("exec_command", '{"cmd": "head -n 5 a.py"}', "a.py", "first 5 lines"),
        ("Bash", {"command": "cat a.py | wc -l"}, "", ""),
        ("Bash", {"command": "cat a.py; ls"}, "", ""),
        ("Edit", {"file_path": "a.py", "old_string": "x"}, "", ""),
        ("Read", "{not json", "", ""),
        (None, None, "", ""),
    ],
)  # fmt: skip
def test_a_call_that_reads_a_file_names_it_and_its_lines(
    tool: str, arguments: object, file: str, lines: str
) -> None:
    call = call_of(tool, arguments)

    assert (call.file, call.lines) == (file, lines)


def test_labels_are_one_short_line() -> None:
    assert call_of("Bash", {"command": "pytest -q\n\ttests"}).label == (
        "Bash pytest -q tests"
    )
    assert call_of("Skill", {"skill": "pdf"}) == Call("Skill", skill="pdf", about="pdf")
    assert call_of("Edit", {"file_path": "a.py"}).label == "Edit a.py"
    assert one_line("a" * 100) == "a" * 79 + "…"
    assert one_line("a\ud800\0b") == "a b"


def test_the_server_of_a_tool_is_in_its_name() -> None:
    assert server_of("mcp__github__create_issue") == "github"
    assert server_of("Read") == ""
