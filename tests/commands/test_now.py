"""What somebody has at once: a category that nobody had, the papers of the last day, and a sample."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels import Reply
from bot.errors import SourceError
from bot.jobs.announcement_day import PollContext
from bot.jobs.poll import Poller
from bot.model import Listing
from bot.sources import FirstReading
from bot.sources.calendar import opens
from bot.store import Store, schema
from tests.commands.conftest import DAY, LISTINGS, Conversation
from tests.fakes import FakeChannel, FakeSource, HandClock, courier, planned, rows

EVENING = opens(DAY) + timedelta(hours=12)


class Site:
    """arXiv, as far as it is asked for one listing."""

    def __init__(self, store: Store, *listings: Listing | SourceError) -> None:
        outcomes = {one.category: one for one in listings}
        self.source = FakeSource("arxiv_feed", is_daily=True, outcomes=dict(outcomes))
        self.poller = Poller(PollContext(store, [self.source], HandClock(EVENING)))
        self.talk = Conversation(store, EVENING, read_first=self.poller.read_first)

    @property
    def asked(self) -> list[str]:
        return [code for codes, _ in self.source.asked for code in codes]


async def delivered(site: Site) -> list[str]:
    """What arrives at once."""
    channel, clock = FakeChannel("console"), HandClock(EVENING + timedelta(minutes=1))
    await courier(site.talk.store, channel, clock).drain()
    return channel.papers("#ml")


async def test_a_category_that_nobody_had_is_read_when_somebody_subscribes(sqlite_store):
    site = Site(sqlite_store, *LISTINGS)
    reply = await site.talk.reply('subscribe cs.LG "kv cache"')
    assert site.asked == ["cs.LG"]
    assert "Wed 10 June 2026: 2 of 3 papers match." in reply.text
    assert "• Tidal: Per-Head Quantization of the KV Cache" in reply.text
    assert [one.label for one in reply.offers] == ["Send me these now"]
    again = await site.talk.says("subscribe cs.LG tides")
    assert site.asked == ["cs.LG"], "what is there is not asked for"
    assert "papers match" in again


async def test_a_first_reading_makes_no_hits_and_comes_in_no_digest(sqlite_store):
    site = Site(sqlite_store, *LISTINGS)
    await site.talk.says("subscribe cs.LG")
    assert await rows(sqlite_store, schema.hit) == []
    await planned(sqlite_store, EVENING + timedelta(days=1))
    assert await rows(sqlite_store, schema.delivery) == []


async def test_send_me_these_now_sends_them_once_and_they_count_as_sent(sqlite_store):
    site = Site(sqlite_store, *LISTINGS)
    (offer,) = (await site.talk.reply('subscribe cs.LG "kv cache"')).offers
    said = await site.talk.reply(offer.command)
    assert said.text == "2 papers of Wed 10 June 2026 are sent now; they don't come again."
    assert said.is_public
    assert await site.talk.says(offer.command) == (
        "Wed 10 June 2026: the 2 papers that match have come already, or are on their way."
    )
    (delivery,) = await rows(sqlite_store, schema.delivery)
    async with sqlite_store.read() as tx:
        wanted = await tx.texts.wanted(DAY)
    assert {one.version[0] for one in wanted} == {"2606.90001", "2606.90002"}, "texts are made for them"
    assert await delivered(site) == ["2606.90001v1", "2606.90002v1"]
    assert await delivered(site) == []
    assert "have come already" in await site.talk.says("now")
    assert "2 papers, sent" in await site.talk.says("status")
    assert delivery.slot_due != EVENING


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (FirstReading.BUSY, "I'm reading other papers right now."),
        (FirstReading.AWAY, "arXiv isn't answering right now."),
        (FirstReading.PENDING, "I'm reading cs.RO for the first time now"),
        (FirstReading.NOTHING, "arXiv lists nothing in cs.RO right now."),
    ],
)
async def test_who_asks_hears_why_there_is_nothing_to_see_yet(sqlite_store, outcome, said):
    async def read_first(category: str) -> FirstReading:
        assert category == "cs.RO"
        return outcome

    text = await Conversation(sqlite_store, read_first=read_first).says("subscribe cs.RO robots")
    assert said in text
    assert "I read cs.RO from the next announcement on." in text
    assert "match" not in text.partition("That is:")[2].partition("\n")[2].partition("Next digest")[0].replace(
        "preview shows what matches", ""
    )


async def test_of_a_whole_archive_one_category_is_read_and_the_rest_is_said(sqlite_store):
    site = Site(sqlite_store, *LISTINGS)
    text = await site.talk.says("subscribe cs.*")
    assert len(site.asked) == 1
    assert "from the next announcement on." in text
    assert "a day" not in text, "no estimate while categories are unread"


async def test_a_source_that_fails_and_a_round_that_is_under_way_are_told_apart(sqlite_store):
    site = Site(sqlite_store, SourceError("cs.LG", "HTTP 503"))
    assert await site.poller.read_first("cs.LG") is FirstReading.AWAY
    assert await site.poller.read_first("cs.CL") is FirstReading.NOTHING
    await sqlite_store.take_lease("reading", timedelta(minutes=10), EVENING)
    assert await site.poller.read_first("cs.LG") is FirstReading.BUSY
    nowhere = Poller(PollContext(sqlite_store, [], HandClock(EVENING)))
    assert await nowhere.read_first("cs.LG") is FirstReading.NOTHING


async def test_who_asks_does_not_wait_for_long_and_the_reading_goes_on(sqlite_store):
    site = Site(sqlite_store, *LISTINGS)
    assert await site.poller.read_first("cs.LG", 0) is FirstReading.PENDING
    assert await site.poller.read_first("cs.LG") is FirstReading.READ
    assert site.asked == ["cs.LG"]
    await site.poller.stop()


async def test_now_says_what_keeps_it_from_sending(talk: Conversation):
    await talk.says("subscribe hep-th nothingofthekind")
    assert "nothing to send" in await talk.says("now")
    assert "is not the number of a subscription" in await talk.says("now soon")
    assert "now [N]" in await talk.says("help now")
    await talk.says("pause 1")
    assert "#1 is paused" in await talk.says("now 1")
    await talk.says("pause")
    assert "Everything here is paused" in await talk.says("now")


async def test_revised_papers_are_sent_only_where_they_are_asked_for(talk: Conversation):
    await talk.says('subscribe cs.LG "kv cache"')
    assert "2 papers" in await talk.says("now")
    await talk.says('subscribe cs.LG "kv cache" type:(new, cross, replace)')
    assert "1 paper of" in await talk.says("now 2"), "what has come does not come again"


async def test_a_sample_is_marked_and_stored_nowhere(talk: Conversation):
    before = [await rows(talk.store, table) for table in schema.metadata.sorted_tables]
    reply = await talk.reply("sample")
    assert isinstance(reply, Reply)
    assert reply.text.startswith("An example: the papers below are invented.")
    assert len(reply.cards) == 3
    for card in reply.cards:
        assert card.paper.title.startswith("[Invented] ")
        assert card.summary
        assert card.summary.title.startswith("【虚构】")
    assert [await rows(talk.store, table) for table in schema.metadata.sorted_tables] == before
    assert (await talk.says("示例", language=None)).startswith("示例：以下论文均为虚构。")
