from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from tracker.reading.csv_text import csv_text


def test_a_spreadsheet_reads_values_and_computes_nothing() -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    rows = [["at", "title", "n"], [at, "=1+1", -5], [None, 'a "b",\nc', {"k": [1]}]]

    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))

    assert read == [
        ["at", "title", "n"],
        ["2026-11-22T10:00:00+00:00", "'=1+1", "-5"],
        ["", 'a "b",\nc', '{"k":[1]}'],
    ]


def test_no_rows_are_no_text() -> None:
    assert csv_text([]) == ""
