"""Weeks of traffic in minutes: the clock goes an hour on after each few reports, and
now and then an hour or a day back. Each night old rows are pruned.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil

from tests.soak.forked_site import ForkedSite
from tests.soak.pipeline import Pipeline, Sent, request
from tests.soak.stored import stored_reports, stored_times, stored_weeks

KEEP_DAYS = 9
CLIENTS = 4
HOUR, DAY = 3_600, 86_400
STEPS_BACK = (HOUR, DAY)
WARM_DAYS = 8  # caches have filled up to their bounds, the first rows are pruned
GROWTH_MIB = 60
MIB = 2**20
KEEPING = (
    "import django; django.setup()\n"
    "from tracker.models import ConfigVersion, Project\n"
    f"Project.objects.update(retention_days={KEEP_DAYS}); ConfigVersion.bump()\n"
)


class Weeks:
    """Reports with a time of their own (half of them) or as they come. Knows when, by
    the stepped clock, each was acknowledged.
    """

    def __init__(self, site: ForkedSite, seed: int) -> None:
        self.site = site
        self.acknowledged: dict[str, float] = {}
        self.offset = 0
        self.made = 0
        self._dice = random.Random(seed)

    @property
    def now(self) -> float:
        return time.time() + self.offset

    async def step(self, seconds: int) -> None:
        self.offset += seconds
        await asyncio.to_thread(self.site.set_clock, self.offset)

    async def hour(self, reports: int) -> None:
        """So many; somewhere among them the clock steps back, and later on again."""
        back = self._dice.choice(STEPS_BACK) if self._dice.random() < 0.1 else 0
        number = reports // CLIENTS
        work = [asyncio.create_task(self._report(number)) for _ in range(CLIENTS)]
        if back:
            await self.step(-back)
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            await self.step(back)
        await asyncio.gather(*work)

    async def _report(self, number: int) -> None:
        pipe = await Pipeline.connect(self.site.port, self._note)
        await pipe.send_all(self._reports(number))
        assert not pipe.is_lost, "the server closed a connection"
        pipe.close()

    def _reports(self, number: int) -> Iterator[Sent]:
        for _ in range(number):
            self.made += 1
            day = int(self.now // DAY)
            # One that lives for ever, some of a day, many of an hour.
            session = self._dice.choice(
                ("always", f"day{day}-{self.made % 5}", f"hour{int(self.now // HOUR)}")
            )
            body = {"session": session, "event_id": f"w{self.made}"}
            body |= {"tokens": {"history": self._dice.randrange(190_000)}}
            if self._dice.random() < 0.5:
                body |= {"at": f"{datetime.fromtimestamp(self.now, UTC):%FT%TZ}"}
            sent = json.dumps(body).encode()
            headers = {"content-type": "application/json"}
            key = self.site.key
            path = "/api/v1/usage"
            yield Sent(f"w{self.made}", request("POST", path, key, sent, headers))

    def _note(self, event_id: str, status: int, body: bytes) -> None:
        assert status == 201, (status, body)
        self.acknowledged[event_id] = self.now

    def check(self) -> None:
        """What is younger than the retention is there once; nothing is there twice;
        what is older than it and a week is gone.
        """
        stored = Counter(e for e, _ in stored_reports(self.site, "fact.event_id", "w"))
        twice = [event_id for event_id, times in stored.items() if times > 1]
        assert not twice, f"doubled: {twice[:20]}"
        # A clock that was a day back gave some reports a time of up to a day before.
        young = self.now - (KEEP_DAYS - 1) * DAY + HOUR
        kept = {e for e, at in self.acknowledged.items() if at > young}
        assert not kept - stored.keys(), f"lost: {sorted(kept - stored.keys())[:20]}"
        oldest = min(stored_times(self.site), default=self.now)
        assert oldest > self.now - (KEEP_DAYS + 8) * DAY, "it was not pruned"


async def weeks_of_traffic(
    site: ForkedSite, *, days: int, reports: int, seed: int
) -> dict[str, float]:
    """The first day has `reports`, each later one a twentieth. AssertionError where one
    is lost or doubled, a week has no partition, what is old stays, the sums differ from
    a recount, memory grows, or the log has a traceback.
    """
    site.python("-c", KEEPING)
    await asyncio.to_thread(site.start)
    weeks = Weeks(site, seed)
    grown_from = 0.0
    for day in range(days):
        for _ in range(24):
            await weeks.hour((reports if day == 0 else reports // 20) // 24 + CLIENTS)
            await weeks.step(HOUR)
        await asyncio.to_thread(site.manage, "prune")
        weeks.check()
        _has_its_week(site, weeks.now)
        rss = psutil.Process(site.pid).memory_info().rss / MIB
        if day <= WARM_DAYS:
            grown_from = max(grown_from, rss)
        print(
            f"  day {day + 1} of {days}: {len(weeks.acknowledged):,} reports, "
            f"{rss:.0f} MiB, all is there once",
            flush=True,
        )
        if day % 7 == 6:  # partitions of coming weeks are made at a start, and hourly
            await asyncio.to_thread(site.manage, "verify")
            await asyncio.to_thread(site.end)
            await asyncio.to_thread(site.start)
    assert rss - grown_from < GROWTH_MIB, f"memory grew by {rss - grown_from:.0f} MiB"
    await asyncio.to_thread(site.end)
    await asyncio.to_thread(site.manage, "verify")
    log = site.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    return {
        "days": days,
        "reports": len(weeks.acknowledged),
        "lost": 0,
        "doubled": 0,
        "worst growth in MiB": round(rss - grown_from, 1),
    }


def _has_its_week(site: ForkedSite, now: float) -> None:
    """PostgreSQL: this week and the next have a partition, and old ones are gone."""
    weeks = stored_weeks(site)
    if weeks is None:
        return
    today = datetime.fromtimestamp(now, UTC)
    monday = (today - timedelta(days=today.weekday())).date()
    assert {monday, monday + timedelta(days=7)} <= set(weeks), (monday, weeks)
    oldest = (today - timedelta(days=KEEP_DAYS + 15)).date()
    assert min(weeks) >= oldest, (oldest, weeks)
