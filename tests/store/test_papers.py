"""Papers and listings: stored once, completed later, never silently replaced."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.model import ALL, Announcement, AnnounceType, Coverage, Language, Listing, Summary, Validator
from bot.store import Store, schema
from tests.fakes import DAY, MORNING, ingest, listing, paper, rows

BEFORE = DAY - timedelta(days=1)
CHINESE = Summary(paper(1).id, 1, Language.ZH, "潮汐表", "一句话。", "摘要。", "arxivdaily")


async def added(store: Store, *listings: Listing) -> list[Announcement]:
    async with store.write() as tx:
        stored = await tx.papers.stored({a.paper.id for one in listings for a in one.announcements})
        new = stored.unknown(listings)
        await tx.papers.add(listings, new, MORNING, stored=stored)
        return new


async def test_a_paper_comes_back_as_it_was_given(store):
    given = paper(
        1,
        title=r"Über $\beta$-Tides: 潮汐",
        authors=("José Arrabal", "Wen Shuyi"),
        comments="12 pages",
        doi="10.5555/1",
        journal_ref="J. Tides 1",
        license="http://creativecommons.org/licenses/by/4.0/",
    )
    await added(store, listing("cs.LG", given))
    async with store.read() as tx:
        assert await tx.papers.papers([(given.id, 1), ("2606.99999", 1)]) == {(given.id, 1): given}
        assert await tx.papers.newest(given.id) == given
        assert await tx.papers.newest("2606.99999") is None


async def test_an_announcement_is_new_once(store):
    one = listing("cs.LG", paper(1), paper(2))
    assert len(await added(store, one)) == 2
    assert await added(store, one) == []
    assert [a.paper.id for a in await added(store, listing("cs.LG", paper(2), paper(3)))] == [paper(3).id]


async def test_an_announcement_in_another_category_or_version_is_new(store):
    await added(store, listing("cs.LG", paper(1)))
    assert len(await added(store, listing("cs.AI", (paper(1), AnnounceType.CROSS)))) == 1
    assert len(await added(store, listing("cs.LG", (paper(1, version=2), AnnounceType.REPLACE)))) == 1
    async with store.read() as tx:
        found = await tx.papers.announced([(paper(1).id, 1), (paper(1).id, 2)])
        assert (await tx.papers.newest(paper(1).id)).version == 2
    assert [(a.category, a.paper.version, a.type.value) for a in found] == [
        ("cs.AI", 1, "cross"),
        ("cs.LG", 1, "new"),
        ("cs.LG", 2, "replace"),
    ]


async def test_a_thousand_announcements_are_known_again(store):
    one = listing("cs.LG", *(paper(n) for n in range(1, 1001)))
    assert len(await added(store, one)) == 1000
    assert await added(store, one) == []
    async with store.read() as tx:
        assert len(await tx.papers.papers([(paper(n).id, 1) for n in range(1, 1001)])) == 1000
        assert len(await tx.papers.announced_on([DAY])) == 1000


async def test_comments_that_come_later_complete_a_paper_and_missing_ones_take_nothing_away(store):
    await added(store, listing("cs.LG", paper(1)))
    await added(store, listing("cs.AI", paper(1, comments="12 pages", title="another title")))
    await added(store, listing("cs.CL", paper(1, comments="")))
    async with store.read() as tx:
        found = await tx.papers.newest(paper(1).id)
    assert (found.comments, found.title) == ("12 pages", paper(1).title)


async def test_the_first_summary_of_a_version_and_language_stays(store):
    first = Listing("arxivdaily", ALL, DAY, listing(ALL, paper(1)).announcements, summaries=(CHINESE,))
    await added(store, first)
    async with store.write() as tx:
        await tx.texts.carry([Summary(CHINESE.paper_id, 1, Language.ZH, title="另一个")], MORNING)
        await tx.texts.carry([Summary(CHINESE.paper_id, 1, Language.EN, one_line="Tides.")], MORNING)
    async with store.read() as tx:
        assert await tx.texts.best([(paper(1).id, 1)], Language.ZH) == {(paper(1).id, 1): CHINESE}
        (english,) = (await tx.texts.best([(paper(1).id, 1)], Language.EN)).values()
    assert (english.language, english.one_line) == (Language.EN, "Tides.")


async def test_a_summary_of_a_paper_that_nobody_announced_is_refused(store):
    with pytest.raises(IntegrityError):
        async with store.write() as tx:
            await tx.texts.carry([CHINESE], MORNING)


async def test_the_validator_of_the_newest_listing_is_the_one_to_ask_with(store):
    old, new = Validator("https://f.example/cs.LG", '"1"'), Validator("https://f.example/cs.LG", '"2"', "Wed")
    await added(store, listing("cs.LG", paper(2), validator=new), listing("cs.AI", paper(2)))
    await added(store, listing("cs.LG", paper(1), day=BEFORE, validator=old))
    await added(store, listing("cs.CL", paper(3), source="arxivdaily", validator=old))
    async with store.read() as tx:
        assert await tx.papers.validators("arxiv_feed") == {"cs.LG": new}
        assert await tx.papers.validators("arxivdaily") == {"cs.CL": old}


async def test_the_coverage_of_a_day_takes_the_best_witness(store):
    await added(
        store,
        Listing("arxiv_feed", "cs.LG", DAY, listing("cs.LG", paper(1)).announcements),
        Listing("other", "cs.LG", DAY, listing("cs.LG", paper(1), paper(2)).announcements, claimed=2),
        Listing("arxiv_feed", "cs.AI", DAY, ()),
        listing("cs.LG", paper(3), day=BEFORE),
    )
    async with store.read() as tx:
        assert await tx.papers.coverage([DAY]) == [
            Coverage("cs.AI", DAY, 0, at=MORNING),
            Coverage("cs.LG", DAY, 2, 2, at=MORNING),
        ]
        assert await tx.papers.days(5) == [DAY, BEFORE]
        assert await tx.papers.days(1) == [DAY]
        assert await tx.papers.coverage([]) == []


async def test_a_listing_that_is_read_again_replaces_its_row(store):
    await added(store, listing("cs.LG", paper(1)))
    await added(store, listing("cs.LG", paper(1), paper(2)))
    (row,) = await rows(store, schema.listing)
    assert (row.read, row.claimed, row.fetched_at) == (2, 2, MORNING)


async def test_dates_are_counted_by_papers_not_by_their_categories(store):
    earlier = DAY - timedelta(days=1)
    both = [
        listing("cs.LG", paper(1), paper(2)),
        listing("cs.AI", paper(1)),
        listing("cs.LG", paper(3), day=earlier),
    ]
    await ingest(store, both, MORNING)
    async with store.read() as tx:
        assert await tx.papers.counts(earlier) == {DAY: 2, earlier: 1}
        assert await tx.papers.counts(DAY) == {DAY: 2}
