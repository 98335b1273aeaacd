"""`python -m tests.bench.export_once`: all samples as CSV and as NDJSON, and the least
that SQLite and Python's csv take for the same. Prints rows and processor seconds.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import sqlite3
import time
from typing import Any


async def main() -> None:
    from django.conf import settings

    from tracker.api import exports

    wanted = exports.EXPORTS["usage"]
    for kind in exports.FORMATS:
        began, first, lines = time.process_time(), 0.0, 0
        async for part in exports.streamed(wanted.rows(), wanted, kind):
            first = first or time.process_time() - began
            lines += part.count(b"\n")
        print(lines, time.process_time() - began, first)
    print(*raw(settings.DATABASES["default"]["NAME"]), 0.0)


def raw(database: Any) -> tuple[int, float]:
    db = sqlite3.connect(database)
    began, lines = time.process_time(), 0
    rows = db.execute("SELECT * FROM tracker_usagesample ORDER BY session_id, at, id")
    while part := rows.fetchmany(1_000):
        text = io.StringIO()
        csv.writer(text).writerows(part)
        lines += len(text.getvalue().encode().splitlines())
    return lines, time.process_time() - began


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    import django

    django.setup()
    asyncio.run(main())
