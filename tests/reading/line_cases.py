"""Rows whose texts are hard to write, as the database writes them and as Python does.

`python -m tests.reading.line_cases` prints both as JSON, from the database it is given.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

TEXTS = (
    "plain", "", "a,b", 'say "x"', "two\nlines", "\r", "=1+1", "+1", "-1", "@x",
    "\ttab", '="a,b"', "＝１", "Ä 漢 😀", "\x01\x7f\\/\u2028", "%s '' %", "a=b", "'",
)  # fmt: skip


def both_ways(project_id: int) -> dict[str, list[str]]:
    """For each export that the database writes: its text, and Python's."""
    from tracker.api.exports import EXPORTS, FORMATS, as_csv, as_ndjson
    from tracker.reading.line_texts import line_text
    from tracker.reading.plain_rows import PlainRows

    make_rows(project_id)
    found = {}
    for what in ("usage", "events"):
        wanted = EXPORTS[what]
        rows = wanted.rows().filter(project_id=project_id)
        for form in FORMATS:
            line = line_text(form, rows.model, wanted.columns)
            assert line is not None
            lines = [row[-1] for row in PlainRows(rows, ("pk",), [line]).after((), 99)]
            source = PlainRows(rows, ("pk",), [place for _, place in wanted.columns])
            values = source.columns(source.after((), 99))
            columns = list(zip(values, source.kinds, strict=True))
            names = [name for name, _ in wanted.columns]
            told = as_csv(columns) if form == "csv" else as_ndjson(names, columns)
            end = "\r\n" if form == "csv" else "\n"
            text = end.join([*lines, ""])
            found[f"{what}.{form}"] = [text, told.decode()]
    return found


def make_rows(project_id: int) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    at = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
    parts = dict.fromkeys(
        ("system", "history", "user_context", "tools", "unattributed"), 0
    )
    tokens = {f"{name}_tokens": count for name, count in parts.items()}
    for number, text in enumerate(TEXTS):
        session = LLMSession.objects.create(
            project_id=project_id, key=f"{text}{number}", created_at=at
        )
        UsageSample.objects.create(
            project_id=project_id,
            session=session,
            lane=text,
            at=at + timedelta(microseconds=number * 400_000),
            event_id=text,
            model=text,
            used_tokens=number,
            input_tokens=number or None,
            window_tokens=2**53 + 1,
            window_source="default",
            available_tokens=9,
            level="ok",
            source="counted",
            origin="api",
            is_late=number % 2 == 0,
            implausible="exceeds",
            added=text,
            cache_reason=text or None,
            **tokens,
        )
        ThresholdEvent.objects.create(
            project_id=project_id,
            session=session,
            seq=number + 1,
            at=at,
            from_level="ok",
            to_level="warning",
            used_tokens=number,
            available_tokens=9,
            policy_name=text,
            event_id=text,
        )


def main() -> None:
    import django

    django.setup()
    from django.db import transaction

    from tracker.changes.access.api_keys import create_project

    with transaction.atomic():
        print(json.dumps(both_ways(create_project(slug="lines")[0].pk)))
        transaction.set_rollback(True)  # other tests recount this database


if __name__ == "__main__":
    main()
