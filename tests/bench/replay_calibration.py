"""Replays transcripts with their reported usage as the truth: how good predictions are.

`python -m tests.bench.replay_calibration FOLDER` reads *.jsonl of Claude Code, predicts
each request before the calibration is shown its report, and prints a table.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

from tracker.domain.counting.calibration import Anchor, Calibration
from tracker.domain.counting.counters import estimate_tokens, token_counter
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.sources.transcripts.claude_code import lines as claude_code_lines
from tracker.sources.transcripts.following.reader import TranscriptReader

STRETCHES = ((1, 5), (5, 12), (12, 10**9))
Errors = list[tuple[int, float]]  # responses seen before, relative error


def errors_of(path: Path, count: Callable[[str], int]) -> Errors:
    """One file alone, with nothing learnt before; a lane's first requests, and those
    after its compactions, are not predicted.
    """
    with patch.object(claude_code_lines, "estimate_tokens", count):
        reports = TranscriptReader(path).read_new().reports
    calibration = Calibration()
    anchors: dict[str, tuple[Anchor, int]] = {}
    found: Errors = []
    for report in reports:
        lane = f"{report.session}\n{report.lane}"
        if isinstance(report, CompressionReport):
            anchors.pop(lane, None)
        elif is_comparable(report) and report.counted is not None:
            estimate, reported = report.counted.total, report.used_tokens
            anchor, seen = anchors.get(lane, (None, 0))
            calibration = calibration.anchored_at(anchor)
            if anchor is not None:
                missed = abs(calibration.predict(estimate) - reported) / reported
                found.append((seen, missed))
            calibration = calibration.update(estimate, reported)
            anchors[lane] = Anchor(estimate, reported), seen + 1
    return found


def is_comparable(report: UsageReport) -> bool:
    counted = report.counted is not None and report.counted.total > 0
    return counted and report.source == "reported" and report.used_tokens > 0


def cells(errors: Errors) -> Iterator[str]:
    """Per stretch of responses: requests, mean and largest error, how many over 2 %."""
    for least, below in STRETCHES:
        part = [error for seen, error in errors if least <= seen < below]
        if not part:
            yield "–"
            continue
        over = sum(error > 0.02 for error in part)
        mean, most = 100 * statistics.mean(part), 100 * max(part)
        yield f"{len(part)}: {mean:.2f} %, {most:.1f} %, {over}"


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*.jsonl"))
    for name, count in (
        ("characters / 3.5", estimate_tokens),
        ("o200k × 1.18", token_counter("counted", "claude-sonnet-4-5").count),
    ):
        print(f"\n{name}\n\n| transcript | 1–4 responses | 5–11 | 12 and more |")
        print("|---|---|---|---|")
        everything: Errors = []
        for path in files:
            errors = errors_of(path, count)
            everything += errors
            print(f"| {path.stem[:3]} | {' | '.join(cells(errors))} |")
        print(f"| all | {' | '.join(cells(everything))} |")


if __name__ == "__main__":
    main()
