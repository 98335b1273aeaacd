"""Servers of an older and of this version on one PostgreSQL, replaced one by one."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.site_process import ROOT, SiteProcess
from tests.soak.kills import Load

REPORTS = 20  # of each client of a server that stays, between two replacements


def older_commit() -> str:
    """The first one with all migrations of this version: the oldest that may run beside
    it (docs/operations.md, Updating).
    """
    newest = max((ROOT / "tracker" / "migrations").glob("[0-9]*.py"))
    return _git("log", "--diff-filter=A", "--format=%H", "--", str(newest)).split()[-1]


def check_out(commit: str, folder: Path) -> Path:
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    _git("archive", "-o", str(archive), commit)
    subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True)
    archive.unlink()
    return folder


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


async def rolling_restart(
    make: Callable[[str, bool], SiteProcess], *, servers: int, seed: int
) -> dict[str, float]:
    """`make(name, is_old)` makes a server on the same database. All begin old; each is
    ended under load and replaced by one of this version, then each by an old one again,
    while the others go on. AssertionError where a report is lost or doubled.
    """
    loads = [Load(make(f"old{n}", True), f"r{n}") for n in range(servers)]
    for load in loads:
        await asyncio.to_thread(load.server.start)
    replaced = 0
    for is_old in (False, True):
        for number, load in enumerate(loads):
            dice = random.Random(f"{seed}-{is_old}-{number}")
            others = [each for each in loads if each is not load]
            await asyncio.gather(
                load.until_ended(dice, signal.SIGTERM),
                *(each.report(REPORTS) for each in others),
            )
            name = f"{'again' if is_old else 'new'}{number}"
            load.server = await asyncio.to_thread(make, name, is_old)
            await asyncio.to_thread(load.server.start)
            replaced += 1
            for each in loads:
                each.nothing_is_lost()
                await each.send_again()
                each.each_is_there_once()
            print(f"  {replaced} of {2 * servers} replaced, all adds up", flush=True)
    for load in loads:
        load.all_are_there_once()
        await asyncio.to_thread(load.server.end)
        log = load.server.log.read_text()
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    newer = await asyncio.to_thread(make, "recount", False)
    await asyncio.to_thread(newer.manage, "verify")
    return {
        "replaced": replaced,
        "reports": sum(len(load.acknowledged) for load in loads),
        "lost": 0,
        "doubled": 0,
    }
