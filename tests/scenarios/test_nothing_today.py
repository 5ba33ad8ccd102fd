"""No papers, and a word why: planned, sent once and kept as every digest is; of faults admins hear, too."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta

import pytest

from bot.channels import load
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.jobs.plan import plan
from bot.model import Days, Language, NoAnnouncement, Notices, Slot
from bot.store import Store, schema
from tests.channels.cards import settings
from tests.fakes import (
    DAY,
    FakeTeller,
    HandClock,
    alerts,
    bare,
    fails,
    ids,
    listing,
    matched,
    paper,
    rows,
    states,
    subscribed,
)

NINE = Slot("UTC", 9 * 60, Days.DAILY)
BEFORE = datetime.fromisoformat("2026-06-09T12:00+00:00")
DUE = datetime.fromisoformat("2026-06-10T09:00+00:00")
BUSY = "arXiv asks us to wait (HTTP 429)"
STALE = "the feed still has the announcements of the day before"


class Morning:
    """One destination that reads cs.LG at nine, a channel that can also speak to admins, and a clock at nine."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.channel = FakeTeller()
        self.clock = HandClock(BEFORE)

    async def comes(
        self, notices: Notices = Notices.ALWAYS, query: str = "cs.LG nosuchword", at: datetime = DUE
    ) -> None:
        destination, _ = await subscribed(self.store, query, slot=NINE, now=BEFORE)
        async with self.store.write() as tx:
            await tx.subscribers.set_notices(destination.id, notices)
        self.clock.now = at

    async def reads(self, day: date = DAY, papers: int = 3) -> None:
        """An announcement of cs.LG."""
        one = listing("cs.LG", *map(paper, range(1, papers + 1)), day=day)
        async with self.store.write() as tx:
            await tx.papers.add([one], one.announcements, self.clock())
            await tx.announcement_days.announced(day, self.clock())

    async def fails_to_read(self, reason: str = BUSY, category: str = "cs.LG", hours: float = 1) -> None:
        """A fault, for some hours now."""
        async with self.store.write() as tx:
            since = self.clock() - timedelta(hours=hours)
            await tx.faults.open("arxiv_feed", category, self.clock().date(), reason, since)

    async def mends(self, category: str = "cs.LG") -> None:
        async with self.store.write() as tx:
            await tx.faults.close("arxiv_feed", category, DAY, self.clock())

    async def delivers(self, holidays: Collection[date] = ()) -> list[str]:
        """Plan and deliver; what has arrived at the destination so far."""
        await plan(self.store, self.clock())
        composer = Composer(self.store, cap=50, clock=self.clock, holidays=holidays)
        await Courier(self.store, self.channel, composer, owner="me", clock=self.clock).drain()
        return self.channel.bodies("#tides")

    async def alerts(self) -> list[str]:
        """What admins have been told so far."""
        await alerts(self.store, self.clock, self.channel, admins=["fake:boss"]).tell()
        return [text for person, text, _ in self.channel.told if person == "boss"]


@pytest.fixture
def morning(store: Store) -> Morning:
    return Morning(store)


async def test_a_holiday_is_told_with_its_reason_and_is_no_alarm(morning: Morning):
    await morning.comes()
    assert await morning.delivers(holidays=[DAY - timedelta(days=1)]) == ["no_announcement"]
    (digest,) = morning.channel.digests
    assert digest.no_papers
    assert (digest.no_papers.reason, digest.no_papers.dates) == (NoAnnouncement.HOLIDAY, (DAY,))
    assert await morning.alerts() == []


async def test_a_quiet_day_is_told_with_what_was_read_and_is_no_alarm(morning: Morning):
    await morning.comes()
    await morning.reads(papers=3)
    assert await morning.delivers() == ["nothing_matched"]
    (digest,) = morning.channel.digests
    assert digest.no_papers
    assert digest.no_papers.read == 3
    assert [row.category for row in digest.coverage] == ["cs.LG"]
    assert await morning.alerts() == []


@pytest.mark.parametrize("reason", [BUSY, STALE])
async def test_a_fault_is_told_to_readers_at_their_hour_and_to_admins_once_and_once_when_it_is_over(
    morning: Morning, reason: str
):
    await morning.comes(Notices.FAULTS)
    await morning.fails_to_read(reason)
    assert await morning.delivers() == ["fault"]
    assert [one.reason for one in morning.channel.digests[0].faults] == [reason]
    for _ in range(2):
        (told,) = await morning.alerts()
        assert reason in told
        assert "10 June cs.LG" in told
        morning.clock.forward(minutes=30)
    await morning.mends()
    for _ in range(2):
        _, over = await morning.alerts()
        assert over == "Caught up:\n• 10 June cs.LG"
        morning.clock.forward(minutes=30)


async def test_a_fault_that_mends_itself_soon_alarms_nobody(morning: Morning):
    await morning.comes()
    await morning.fails_to_read(hours=0)
    assert await morning.alerts() == []
    morning.clock.forward(minutes=20)
    await morning.mends()
    await morning.delivers()
    morning.clock.forward(hours=5)
    assert await morning.alerts() == []


async def test_many_faults_are_one_alarm(morning: Morning):
    await morning.comes()
    for number in range(30):
        await morning.fails_to_read(category=f"x.{number:02}")
    (told,) = await morning.alerts()
    assert told.splitlines()[1].startswith(
        "Missing: 10 June x.00, x.01, x.02, x.03, x.04, x.05, x.06, 23 more could not be read yet"
    )


async def test_an_admin_who_cannot_be_told_now_is_told_later(morning: Morning):
    await morning.comes()
    await morning.fails_to_read()
    morning.channel.deaf = {"boss"}
    assert await morning.alerts() == []
    morning.channel.deaf = set()
    morning.clock.forward(minutes=10)
    assert len(await morning.alerts()) == 1


@pytest.mark.parametrize(
    ("notices", "quiet", "faulty"),
    [(Notices.OFF, [], []), (Notices.FAULTS, [], ["fault"]), (Notices.ALWAYS, ["nothing_matched"], ["fault"])],
)
async def test_a_place_hears_what_it_wants_to_hear(store: Store, notices, quiet, faulty):
    one = Morning(store)
    await one.comes(notices)
    await one.reads()
    assert await one.delivers() == quiet
    assert await states(store) == ["sent"] * len(quiet)
    one.clock.forward(days=1)
    await one.fails_to_read()
    assert (await one.delivers())[len(quiet) :] == faulty


async def test_a_fault_in_what_a_place_does_not_read_is_not_its_business(morning: Morning):
    await morning.comes(Notices.FAULTS)
    await morning.fails_to_read(category="hep-th")
    assert await morning.delivers() == []
    assert await states(morning.store) == []


async def test_a_category_that_another_source_has_given_is_not_missing(morning: Morning):
    await morning.comes(Notices.FAULTS)
    await morning.reads()
    await morning.fails_to_read()
    assert await morning.delivers() == []


async def test_a_fault_that_lasts_is_told_of_once(morning: Morning):
    await morning.comes(Notices.FAULTS)
    await morning.fails_to_read()
    for _ in range(3):
        assert await morning.delivers() == ["fault"]
        morning.clock.forward(days=1)


async def test_papers_that_come_in_the_middle_of_a_fault_say_what_is_missing(morning: Morning):
    await morning.comes(query="cs.LG, cs.CL tide")
    await morning.fails_to_read(category="cs.CL")
    async with morning.store.read() as tx:
        (subscription,) = await tx.subscribers.subscriptions(1)
    await matched(morning.store, subscription, paper(1))
    await morning.delivers()
    (digest,) = morning.channel.digests
    assert [one.category for one in digest.faults] == ["cs.CL"]
    assert ids([card.paper for card in digest.cards]) == ids([paper(1)])
    # What was missing comes later, and each paper says of which day it is.
    await matched(morning.store, subscription, paper(2), day=DAY)
    await matched(morning.store, subscription, paper(3), day=DAY + timedelta(days=1))
    morning.clock.forward(days=1)
    await morning.mends("cs.CL")
    await morning.delivers()
    later = morning.channel.digests[-1]
    assert later.dates == (DAY, DAY + timedelta(days=1))
    assert later.faults == ()


async def test_papers_that_have_come_since_it_was_planned_are_sent_instead(morning: Morning):
    await morning.comes()
    await plan(morning.store, morning.clock())
    async with morning.store.read() as tx:
        (subscription,) = await tx.subscribers.subscriptions(1)
    await matched(morning.store, subscription, paper(1, title="Nosuchword at Sea"))
    assert await morning.delivers() == ["2606.90001v1 new"]
    morning.clock.forward(days=1)
    assert (await morning.delivers())[1:] == ["not_yet"], "and they are not sent again"


async def test_a_word_is_sent_once_whatever_breaks(morning: Morning):
    await morning.comes()
    await morning.reads()
    morning.channel.next_does("#tides", fails("busy"))
    for _ in range(5):
        await morning.delivers()
        morning.clock.forward(minutes=2)
    assert [bare(one.key) for one in morning.channel.arrived] == ["1.1"]
    assert await states(morning.store) == ["sent"]


async def test_after_an_outage_of_the_channel_there_is_one_word_and_not_one_for_each_day(morning: Morning):
    await morning.comes()
    morning.channel.next_does("#tides", *[fails("away", retry_after=timedelta(days=1))] * 4)
    for _ in range(4):
        assert await morning.delivers() == []
        morning.clock.forward(days=1)
    assert len(await morning.delivers()) == 1
    assert await states(morning.store) == ["sent"]


async def test_a_word_that_nobody_wants_any_more_is_not_sent(morning: Morning):
    await morning.comes()
    await plan(morning.store, morning.clock())
    async with morning.store.write() as tx:
        await tx.subscribers.set_notices(1, Notices.OFF)
    assert await morning.delivers() == []
    assert await rows(morning.store, schema.delivery) == []


async def test_a_late_announcement_in_which_nothing_matched_is_told_of_with_the_next_word(morning: Morning):
    await morning.comes()
    assert await morning.delivers() == ["not_yet"]
    morning.clock.forward(hours=3)
    await morning.reads(DAY)
    morning.clock.forward(hours=21)
    await morning.reads(DAY + timedelta(days=1))
    assert (await morning.delivers())[1:] == ["nothing_matched"]
    no_papers = morning.channel.digests[-1].no_papers
    assert no_papers
    assert no_papers.dates == (DAY, DAY + timedelta(days=1))


async def test_a_place_that_asks_for_nothing_hears_nothing(morning: Morning):
    await morning.comes()
    async with morning.store.write() as tx:
        await tx.subscribers.unsubscribe(1)
    assert await morning.delivers() == []


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["console", "email", "slack", "discord"])
async def test_a_holiday_a_quiet_day_a_stale_feed_and_an_arxiv_that_is_busy_read_differently(
    sqlite_store: Store, name: str, language: Language
):
    channel = load(
        name,
        settings(
            smtp_url="smtp://mail.test", smtp_from="a@sudi.test", slack_bot_token="xoxb-1", discord_token="a.b.c"
        ),
    )
    said = []
    for number, what in enumerate(("holiday", "quiet", STALE, BUSY)):
        one = Morning(sqlite_store)
        await one.comes()
        one.clock.forward(days=7 * number)
        day = DAY + timedelta(days=7 * number)
        if what == "quiet":
            await one.reads(day)
        elif what != "holiday":
            async with sqlite_store.write() as tx:
                await tx.faults.open("arxiv_feed", "cs.LG", day, what, one.clock() - timedelta(hours=1))
        async with sqlite_store.write() as tx:
            await tx.subscribers.set_language(1, language)
        await one.delivers(holidays=[day - timedelta(days=1)] if what == "holiday" else [])
        said.append(channel.preview(channel.render(one.channel.digests[-1])).replace(day.isoformat(), "DAY"))
    assert len(set(said)) == 4
    # A number of its own: the ids in a mail's headers may hold these digits.
    assert [bool(re.search(r"\b429\b", each, re.ASCII)) for each in said] == [False, False, False, True]
