"""The tables of docs/reference.md that are written from the code.

`python -m tests.reference_tables` writes them anew; tests/test_docs.py says when that
is due.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs/reference.md"
BEGIN, END = "<!-- answers -->\n", "<!-- /answers -->\n"


def with_answers(page: str) -> str:
    """The page with a row for each shape the API answers with."""
    from tracker.api.openapi.document import ANSWERS, BODIES, document

    found = document()["components"]["schemas"]
    of_bodies = _held_by({body.__name__ for body in BODIES}, found)
    answers = _held_by({answer.__name__ for answer in ANSWERS}, found) - of_bodies
    rows = ["| shape | fields |\n", "|---|---|\n"]
    for name in sorted(answers):
        fields = dict(found[name]["properties"])
        head = ""
        base = name.removesuffix("Detail")
        if base != name:
            head = f"those of `{base}`, and "
            for field in found[base]["properties"]:
                del fields[field]
        required = found[name]["required"]
        told = (
            f"`{field}`{_kind(kind, answers)}"
            + ("" if field in required else " (may be absent)")
            for field, kind in fields.items()
        )
        rows.append(f"| `{name}` | {head}{', '.join(told)} |\n")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return "".join([before, BEGIN, *rows, END, after])


def _kind(schema: dict[str, Any], shapes: set[str]) -> str:
    """` Budget or null`: the shapes a field holds, and whether it may be null."""
    from tracker.api.openapi.page import kind_of

    words = kind_of(schema).split(" or ")
    told = [w for w in words if w == "null" or w.removeprefix("list of ") in shapes]
    if told == ["null"]:
        return " or null"
    return f" {' or '.join(told)}" if told else ""


def _held_by(names: set[str], schemas: dict[str, Any]) -> set[str]:
    """These schemas and all they refer to."""
    while True:
        text = "".join(str(schemas[name]) for name in sorted(names))
        more = {name for name in schemas if f"/schemas/{name}'" in text} | names
        if more == names:
            return names
        names = more


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    PAGE.write_text(with_answers(PAGE.read_text("utf-8")), "utf-8")
