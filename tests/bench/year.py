"""Years of arXiv by its holidays: what is read, what each category costs, and whether anybody hears of a fault."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from datetime import date, timedelta

from bot.settings import Settings
from bot.sources.calendar import EASTERN, no_announcement, weekdays
from bot.store import Store, schema
from bot.store.migrate import migrate
from tests.counterparts.arxiv_world import World, mailing_days
from tests.fakes import rows
from tests.jobs.life import eastern, living

HOLIDAYS = Settings.model_fields["bot_arxiv_holidays"].default
CODES = ("cs.LG", "cs.AI")
BUSY, QUIET = timedelta(minutes=10), timedelta(hours=2)


async def year(number: int) -> None:
    """Live through a year; a false fault, a lost paper or an expensive day ends the program."""
    started = time.process_time()
    first, last = date(number, 1, 1), date(number, 12, 31)
    mailings = list(mailing_days(first, last, HOLIDAYS))

    def prepare(world: World) -> None:
        for day in mailing_days(first - timedelta(days=7), last, HOLIDAYS):
            world.announce(day, world.papers(2, "cs.LG", "cs.AI") + world.papers(1, "cs.AI"))

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/sudi.db")
        await migrate(store)
        async with living(
            store, eastern(first - timedelta(days=2), 12), prepare, queries=["cs.LG, cs.AI"]
        ) as life:
            while life.clock.now < eastern(last, 19):
                await life.app.reader.read_missing()
                is_busy = life.clock.now.astimezone(EASTERN).hour in (20, 21, 0)
                life.clock.now += BUSY if is_busy else QUIET
            faults = await rows(store, schema.fault)
            listed = {(row.category, row.date) for row in await rows(store, schema.listing)}
            asked = Counter(
                (code, (one.at.astimezone(EASTERN) + timedelta(hours=4)).date())
                for one in life.world.asked
                for code in CODES
                if code in one.path
            )
        await store.close()
    lost = [(code, day) for code in CODES for day in mailings if (code, day) not in listed]
    quiet = [day for day in weekdays(first, last) if day not in mailings]
    most = max(asked[code, day] for code in CODES for day in quiet)
    wrong = [
        day for day in weekdays(first, last) if (no_announcement(day, HOLIDAYS) is None) is (day not in mailings)
    ]
    print(
        f"{number}: {len(mailings)} mailings, {len(quiet)} weekdays without one, {len(faults)} faults, "
        f"{len(lost)} listings lost; {sum(asked.values())} requests, at most {most} a category on a day without a "
        f"mailing, {max(asked.values())} on any; {time.process_time() - started:.0f} s of CPU"
    )
    if faults or lost or wrong or most > 20:
        raise SystemExit(f"faults {faults[:3]}, lost {lost[:3]}, wrongly expected {wrong[:3]}")
