"""Session files and telemetry of real agents, compared with what they were served.

`python -m tests.clients.session_files [client ...]` installs the releases of
package-lock.json and lets each talk to a model on this machine: through a sub-agent,
and through compactions where its command line can be brought to one. Then it reads what
the client wrote and sent, and says where requests, lanes or compactions differ.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from tests.clients.session_files.agents import AGENTS, HERE, INSTALLED, Agent
from tests.clients.session_files.scripted import ScriptedModel, Served
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.sources.otlp import read_otlp
from tracker.sources.transcripts.finding.folders import transcript_looks
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.opening import open_session

RUN_SECONDS = 180.0
Report = UsageReport | CompressionReport
Numbers = Counter[tuple[int, int]]  # what the window held, and the output


def install() -> None:
    """What package-lock.json has; no script of a package is run."""
    lock = (HERE / "package-lock.json").read_bytes()
    done = INSTALLED / "installed.lock"
    if done.exists() and done.read_bytes() == lock:
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    # Not `npm ci`: it refuses a lock without the optional parts of other systems.
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=INSTALLED, check=True)
    done.write_bytes(lock)


def tried(name: str) -> bool:
    """True if all that was served is read, once and where it belongs."""
    agent, model = AGENTS[name], ScriptedModel()
    try:
        with tempfile.TemporaryDirectory() as home:
            _run(agent, Path(home), model.url)
            wrong = list(_faults(agent, Path(home), model))
    finally:
        model.stop()
    compactions = len(agent.compactions)
    passed = f"{len(model.served)} requests, {compactions} compactions as served"
    print(f"{name}: {'; '.join(wrong) or passed}", flush=True)
    return not wrong


def _faults(agent: Agent, home: Path, model: ScriptedModel) -> Iterator[str]:
    reports = list(_read(home / agent.folder))
    served, read = _served(agent, model.served), _numbers(reports)
    if not served or served != read:
        yield f"served {_by_size(served - read)} unread, {_by_size(read - served)} more"
    lanes = {report.lane for report in reports if report.lane.startswith("agent-")}
    if len(lanes) != agent.sub_agents:
        yield f"lanes of sub-agents: {lanes}"
    told = [
        (report.before_tokens, report.after_tokens)
        for report in reports
        if isinstance(report, CompressionReport) and report.lane == MAIN_LANE
    ]
    wanted = [  # what a client of its own accord asks after one has no size of ours
        (before, after or found[1])
        for (before, after), found in zip_longest(
            agent.compactions, told, fillvalue=(0, 0)
        )
    ]
    if told != wanted:
        yield f"compactions {told}, not {agent.compactions}"
    if agent.has_telemetry:
        sent, all_served = set(_telemetry(model)), set(_pairs(model.served))
        if sent != all_served:
            yield f"telemetry lacks {all_served - sent}, has {sent - all_served}"


def _run(agent: Agent, home: Path, url: str) -> None:
    for path, content in agent.settings(url).items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(content)
    (home / "work").mkdir()
    for words in agent.turns:
        ended = subprocess.run(
            [str(INSTALLED / "node_modules" / agent.program), *words],
            cwd=home / "work", env=agent.environment(home, url), timeout=RUN_SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if ended.returncode:
            print(
                f"  {words[-1]}: ended with {ended.returncode}: {ended.stderr[-300:]!r}"
            )


def _served(agent: Agent, served: list[Served]) -> Numbers:
    """But for those that the client writes no line of."""
    written = [each for each in served if not agent.is_unwritten(each)]
    return Counter(_pairs(written))


def _pairs(served: list[Served]) -> Iterator[tuple[int, int]]:
    for each in served:
        yield each.used, each.output


def _numbers(reports: list[Report]) -> Numbers:
    return Counter(
        (report.used_tokens, report.output_tokens or 0)
        for report in reports
        if isinstance(report, UsageReport)
    )


def _by_size(numbers: Numbers) -> str:
    return json.dumps(sorted(numbers.elements()))


def _telemetry(model: ScriptedModel) -> Iterator[tuple[int, int]]:
    for request in model.telemetry:
        signal = request.path.rpartition("/")[2]
        if signal != "logs":
            continue
        headers = {name.lower(): value for name, value in request.headers.items()}
        kind = headers.get("content-type", "")
        for report in read_otlp(signal, request.body, content_type=kind).reports:
            if isinstance(report, UsageReport):
                yield report.used_tokens, report.output_tokens or 0


def _read(folder: Path) -> Iterator[Report]:
    for path, _ in transcript_looks(folder):
        try:
            reader = open_session(path)
        except NotATranscript:
            continue
        for news in (reader.read_new(), reader.flush()):
            yield from news.reports


def main() -> int:
    wanted = sys.argv[1:] or list(AGENTS)
    if unknown := set(wanted) - set(AGENTS):
        print(f"no such client: {unknown}; known: {', '.join(AGENTS)}")
        return 2
    install()
    ended = [tried(name) for name in wanted]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
