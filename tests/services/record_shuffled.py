"""One process of the cluster test: records the shared reports in an order of its own.

`python -m tests.services.record_shuffled PROJECT SEED`; waits for a line on stdin, so
that all begin together. The first of them also packs event keys meanwhile.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django

SESSIONS = 3
REPORTS = 240
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def shared_reports() -> list[Any]:
    """The same in every process: times all differ, levels go up and down."""
    from tracker.domain.reports import Parts, UsageReport

    chance = random.Random(42)
    found = []
    for number in range(REPORTS):
        used = chance.choice((5_000, 160_000, 168_000, 188_000, 210_000))
        found.append(
            UsageReport(
                session=f"s{number % SESSIONS}",
                used_tokens=used + number,
                parts=Parts(history=used + number),
                source="counted",
                event_id=f"e{number}",
                at=START + timedelta(minutes=number),
            )
        )
    return found


def main() -> None:
    project, seed = int(sys.argv[1]), int(sys.argv[2])
    django.setup()
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.judging.record import Recorder
    from tracker.upkeep.key_packing import pack_resting

    chance = random.Random(seed)
    # Each report goes to about two of the four processes, and sometimes twice.
    mine = [r for n, r in enumerate(shared_reports()) if (n + seed) % 4 in (0, 1)]
    mine += chance.sample(mine, len(mine) // 5)
    # Nearly in order: what is newest is new to some processes and late to others.
    mine.sort(key=lambda report: report.at + timedelta(minutes=chance.gauss(0, 15)))
    recorder, accepted = Recorder(), 0
    print("ready", flush=True)
    sys.stdin.readline()
    while mine:
        size = chance.randrange(1, 6)
        group, mine = mine[:size], mine[size:]
        chance.shuffle(group)
        now = datetime.now(UTC)
        if seed == 0:  # the reports are old, so their sessions rest
            pack_resting(now, pause=lambda _: None)
        for answer in recorder.record([Arrival(project, r, now) for r in group]):
            accepted += not answer.is_duplicate
    print(json.dumps({"accepted": accepted}), flush=True)


if __name__ == "__main__":
    main()
