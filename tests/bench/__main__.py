"""`python -m tests.bench`: all benches, or those named; `--quick` for a short look."""

from __future__ import annotations

import argparse
import importlib

BENCHES = (
    "counting",
    "retention",
    "economics",
    "whatif",
    "compressing",
    "ingest",
    "otlp",
    "others",
    "live",
    "browsers",
    "history",
    "pages",
    "postgresql",
    "painting",
    "pruning",
    "cluster",
    "processes",
    "gateway",
    "import",
    "export",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("benches", nargs="*", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--keep", action="store_true", help="write the tables to docs/performance.md"
    )
    parser.add_argument("--samples", type=int, default=1_000_000, help="of history")
    parser.add_argument(
        "--beside",
        help="of pages, cluster and postgresql: the checkout of an older build, too",
    )
    parser.add_argument(
        "--alone", action="store_true", help="of postgresql: without SQLite"
    )
    options = parser.parse_args()
    for name in options.benches or BENCHES:
        if name not in BENCHES:
            parser.error(f"{name}: choose from {', '.join(BENCHES)}")
        print(f"{name}:", flush=True)
        bench = importlib.import_module(f"tests.bench.bench_{name}")
        more = {}
        if name in ("pages", "processes", "postgresql"):
            more["beside"] = options.beside
        if name == "postgresql":
            more["is_alone"] = options.alone
        found = bench.run(quick=options.quick, samples=options.samples, **more)
        for table in found:
            print(f"\n{table.markdown()}\n", flush=True)
            if options.keep:
                table.keep()


if __name__ == "__main__":
    main()
