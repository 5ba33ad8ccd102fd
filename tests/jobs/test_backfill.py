"""Past days on request: what is missing and nothing else, for those who had subscribed by then."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner

from bot.cli import sudi
from bot.errors import SettingsError
from bot.jobs.plan import plan_all
from bot.settings import Settings
from bot.sources import Outcome
from bot.sources.calendar import opens, weekdays
from bot.store import schema
from tests.counterparts.arxiv_site import ArxivSite
from tests.counterparts.arxiv_world import World
from tests.fakes import rows, subscribed, waits
from tests.jobs.life import Life, eastern, living

MONDAY, WEDNESDAY, FRIDAY = date(2026, 6, 8), date(2026, 6, 10), date(2026, 6, 12)
BOTH = ["cs.AI", "cs.LG"]


def week(world: World) -> None:
    for day in weekdays(MONDAY, FRIDAY):
        world.announce(day, world.papers(3, "cs.LG", "cs.AI") + world.papers(2, "cs.AI"))


async def backfilled(life: Life, first: date, last: date, told=lambda _outcome: None) -> int:
    owed = await life.app.reader.to_backfill(first, last, BOTH)
    await life.app.reader.backfill(owed, told)
    return len(owed)


async def test_papers_keep_their_date_and_go_to_who_had_subscribed_by_then(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY, 12), week) as life:
        late, _ = await subscribed(
            sqlite_store, "cs.LG", address="#late", now=opens(FRIDAY) + timedelta(minutes=1)
        )
        life.clock.now = eastern(FRIDAY, 12)
        assert await backfilled(life, MONDAY, WEDNESDAY) == 3
        announced = {(row.paper_id, row.date) for row in await rows(sqlite_store, schema.announcement)}
        entries = [
            (paper.id, day) for day in weekdays(MONDAY, WEDNESDAY) for paper, _ in life.world.entries("cs.AI", day)
        ]
        assert announced == set(entries)
        async with sqlite_store.read() as tx:
            assert await waits(tx, late.id) == 0
        assert await plan_all(sqlite_store, ["fake"], life.clock.now) == 1, "the one who came first"


async def test_it_may_be_interrupted_and_goes_on_and_at_the_end_nothing_is_missing(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY, 12), week) as life:
        life.clock.now = eastern(FRIDAY, 12)
        seen: list[Outcome] = []

        def pulled(outcome: Outcome) -> None:
            seen.append(outcome)
            if len(seen) == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await backfilled(life, MONDAY, FRIDAY, pulled)
        assert await backfilled(life, MONDAY, FRIDAY) == 4, "the first day is there"
        assert await backfilled(life, MONDAY, FRIDAY) == 0
        asked = life.asked("/catchup/")
        assert len(asked) <= 11, "ten pages, and the one that was cut off"
        assert all(after.at - one.at >= timedelta(seconds=15) for one, after in pairwise(asked))
        assert sorted({row.paper_id for row in await rows(sqlite_store, schema.paper)}) == life.announced(*BOTH)


async def test_without_the_listing_pages_there_is_no_past(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY, 12), week, sources=["arxiv_feed"]) as life:
        with pytest.raises(SettingsError, match="arxiv_listing"):
            await life.app.reader.to_backfill(MONDAY, FRIDAY, BOTH)


async def test_the_command_says_what_it_has_read(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    world = World(lambda: eastern(FRIDAY, 12))
    week(world)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(sudi, ["backfill", *words])
        return done.exit_code, done.output

    async with ArxivSite(world) as site:
        monkeypatch.setenv("ARXIV_URL", site.url)
        one_day = ("--from", str(MONDAY), "--to", str(MONDAY), "--category", "cs.LG")
        code, said = await asyncio.to_thread(run, *one_day)
        assert (code, said.splitlines()[-1]) == (0, "1 day read: 3 new announcements, 0 matches, 0 failed")
        assert await asyncio.to_thread(run, *one_day) == (0, "nothing is missing between these dates\n")
        code, said = await asyncio.to_thread(run, "--from", str(FRIDAY), "--to", str(MONDAY))
    assert code == 2
    assert "exchange them" in said
