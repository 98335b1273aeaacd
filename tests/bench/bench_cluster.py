"""The same load on PostgreSQL and Valkey as on SQLite, one server process each."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bench_ingest import interleaved, rate
from tests.bench.report import Table, median, spread
from tests.bench.server import data_folder, prepare, running
from tracker.management.local_services import local_services


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    rounds, seconds = (2, 1.5) if quick else (5, 3.0)
    table = Table("bench-cluster", f"PostgreSQL 18, medians of {rounds} rounds")
    with (
        data_folder() as folder,
        data_folder() as other,
        local_services(other) as found,
    ):
        urls = {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}
        keys = prepare(folder), prepare(other, **urls)
        with running(folder) as lite, running(other, extra=urls) as large:
            rates = interleaved(
                {
                    "SQLite 1": rate(lite, keys[0], seconds),
                    "PostgreSQL 1": rate(large, keys[1], seconds),
                    "SQLite 100": rate(
                        lite, keys[0], seconds, batch=100, connections=8
                    ),
                    "PostgreSQL 100": rate(
                        large, keys[1], seconds, batch=100, connections=8
                    ),
                },
                rounds,
            )
    for size, least in ((1, 0.50), (100, 0.40)):
        lite_rates, large_rates = rates[f"SQLite {size}"], rates[f"PostgreSQL {size}"]
        table.add(f"SQLite, batches of {size}", spread(lite_rates, "/s"))
        table.add(f"PostgreSQL, batches of {size}", spread(large_rates, "/s"))
        share = median(large_rates) / median(lite_rates)
        table.share("PostgreSQL / SQLite", share, least=least)
    yield table
