"""Texts: a row for each and who made it; the best are read, and what waits for them waits not too long."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from bot.jobs.plan import plan
from bot.model import Language, Summary
from bot.store import Store, schema
from bot.store.spending import Spent
from bot.store.texts import Made
from tests.fakes import (
    DAY,
    MORNING,
    NINE,
    FakeChannel,
    HandClock,
    courier,
    ingest,
    listing,
    matched,
    paper,
    planned,
    rows,
    subscribed,
)

HERE = (paper(1).id, 1)
SLOT = NINE.next_after(MORNING)
LATER = SLOT + timedelta(minutes=20)


def made(field: str, body: str, maker: str = "llm:one", flaws: str = "", prompt: str = "1") -> Made:
    return Made(Language.ZH, field, maker, prompt, "hash", body, flaws)


async def keep(store: Store, *texts: Made, version=HERE) -> None:
    async with store.write() as tx:
        await tx.texts.add(version, texts, MORNING)


async def best(store: Store, version=HERE) -> Summary | None:
    async with store.read() as tx:
        return (await tx.texts.best([version], Language.ZH)).get(version)


async def reader(store: Store, address: str, language: Language, *papers) -> None:
    destination, (subscription,) = await subscribed(store, f"cs.LG -x{address[1:]}", address=address)
    async with store.write() as tx:
        await tx.subscribers.set_language(destination.id, language)
    await matched(store, subscription, *papers)


async def test_each_field_has_its_best_text_and_the_summary_names_who_made_them(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await keep(store, made("title", "机器的标题", "mt:firefox"), made("title", "模型的标题"))
    await keep(store, made("abstract", "机器的摘要", "mt:firefox"), made("one_line", "", flaws="numbers"))
    found = await best(store)
    assert found == Summary(*HERE, Language.ZH, "模型的标题", "", "机器的摘要", "llm:one, mt:firefox")


async def test_a_text_with_flaws_is_read_only_where_there_is_no_other_and_says_so(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await keep(store, made("abstract", "太短", flaws="length"))
    assert (await best(store)).flaws == "length"
    await keep(store, made("abstract", "机器的摘要", "mt:firefox"))
    assert await best(store) == Summary(*HERE, Language.ZH, abstract="机器的摘要", provenance="mt:firefox")


async def test_a_text_is_made_once_but_one_with_flaws_may_be_mended(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await keep(store, made("abstract", "", flaws="numbers"))
    await keep(store, made("abstract", "好的摘要"))
    await keep(store, made("abstract", "又一个摘要"))
    assert (await best(store)).abstract == "好的摘要"
    assert len(await rows(store, schema.text_)) == 1


async def test_what_most_read_in_chinese_is_wanted_first_and_what_was_sent_is_not_wanted_any_more(store):
    await reader(store, "#1", Language.EN, paper(1), paper(2))
    await reader(store, "#2", Language.ZH, paper(2))
    await reader(store, "#3", Language.BOTH, paper(2), paper(3))
    async with store.read() as tx:
        found = await tx.texts.wanted(DAY)
        assert await tx.texts.wanted(DAY + timedelta(days=1)) == []
    assert [(one.version[0], one.chinese, one.english) for one in found] == [
        (paper(2).id, 2, 2),
        (paper(3).id, 1, 1),
        (paper(1).id, 0, 1),
    ]
    await planned(store)
    await courier(store, FakeChannel(), HandClock()).drain()
    async with store.read() as tx:
        assert await tx.texts.wanted(DAY) == []


async def test_only_readers_of_chinese_wait_for_chinese_and_no_longer_than_they_must(store):
    await reader(store, "#1", Language.EN, paper(1))
    await reader(store, "#2", Language.ZH, paper(1), paper(2))
    await reader(store, "#3", Language.BOTH, paper(2))
    await keep(store, made("abstract", "摘要"))
    await plan(store, SLOT, patience=LATER - SLOT)

    async def due() -> list[object]:
        found = sorted(await rows(store, schema.delivery), key=lambda row: row.destination_id)
        return [row.due_at for row in found]

    assert await due() == [SLOT, LATER, LATER]
    async with store.write() as tx:
        assert await tx.planning.go(SLOT) == 0
    await keep(store, made("abstract", "摘要"), version=(paper(2).id, 1))
    async with store.write() as tx:
        assert await tx.planning.go(SLOT) == 2
    assert await due() == [SLOT, SLOT, SLOT]


async def test_a_text_that_was_refused_is_waited_for_while_it_may_still_be_mended(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await plan(store, SLOT, patience=LATER - SLOT)
    await keep(store, made("abstract", "", flaws="numbers"))
    async with store.write() as tx:
        assert await tx.planning.go(SLOT) == 0
        assert await tx.planning.go(SLOT, is_over=True) == 1


async def test_without_hope_all_that_wait_go(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await plan(store, SLOT, patience=LATER - SLOT)
    async with store.write() as tx:
        assert await tx.planning.go(SLOT, complete=False) == 1


async def test_a_new_chinese_text_is_to_be_matched_once(store):
    await reader(store, "#1", Language.ZH, paper(1))
    await keep(store, made("title", "标题"), made("abstract", "", flaws="links"))
    async with store.write() as tx:
        assert await tx.batches.is_wanting()
        assert not await tx.batches.is_unmatched(), "no paper waits for it"
        batch = await tx.batches.open(MORNING)
        await tx.batches.publish(batch, MORNING)
        assert (batch.kind, len(batch.papers)) == ("text", 1)
        assert not await tx.batches.is_wanting()


async def test_a_budget_is_booked_before_and_settled_after_and_never_passed(store):
    async def book(tokens: int, cost: int = 0, **limits: int) -> bool:
        most = {"most_tokens": 0, "most_cost": 0} | limits
        async with store.write() as tx:
            return await tx.spending.book(DAY, Spent(tokens, cost, calls=1), **most)

    assert await book(60, 6, most_tokens=100, most_cost=10)
    assert not await book(60, 1, most_tokens=100)
    assert not await book(1, 5, most_cost=10)
    async with store.write() as tx:
        await tx.spending.settle(DAY, Spent(60, 6), Spent(20, 2, flawed=1))
        await tx.spending.found(DAY, 3)
    assert await book(60, 6, most_tokens=100, most_cost=10)
    async with store.read() as tx:
        assert await tx.spending.on(DAY) == Spent(80, 8, calls=2, known=3, flawed=1)
        assert await tx.spending.on(DAY + timedelta(days=1)) == Spent()


async def test_texts_of_the_older_form_are_kept(database_url):
    """What version 0.1 had stored is read as before."""
    import importlib
    from pathlib import Path

    from bot.store.migrate import migrate

    store = Store.open(database_url)
    command = importlib.import_module("alembic.command")
    config = importlib.import_module("alembic.config").Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))

    def old(connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")

    async with store.connect() as connection:
        await connection.run_sync(old)
        await connection.execute(
            text(
                "INSERT INTO paper (id, version, title, authors, abstract, categories)"
                " VALUES ('2606.90001', 1, 't', '[]', 'a', '[]')"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO summary (paper_id, version, language, title, one_line, abstract, provenance)"
                " VALUES ('2606.90001', 1, 'zh', '标题', '', '摘要', 'arxivdaily')"
            )
        )
        await connection.commit()
    await migrate(store)
    assert await best(store) == Summary(*HERE, Language.ZH, "标题", "", "摘要", "arxivdaily")
    await store.close()


async def test_the_texts_of_a_date_are_counted_and_what_nobody_has_tried_is_known(store):
    await subscribed(store, "cs.CL")
    await ingest(store, [listing("cs.LG", paper(1), paper(2)), listing("cs.AI", paper(1))], MORNING)
    async with store.read() as tx:
        before = await tx.texts.state(DAY)
        assert await tx.texts.counts(DAY) == {}
        assert await tx.texts.lacking_on([DAY]) == [(paper(1).id, 1), (paper(2).id, 1)]
    await keep(store, made("title", "港口"), made("abstract", "潮汐"))
    async with store.read() as tx:
        assert before[0] < (await tx.texts.state(DAY))[0]
        assert (await tx.texts.state(DAY))[1] == MORNING
        assert await tx.texts.counts(DAY) == {DAY: 1}
        assert await tx.texts.lacking_on([DAY]) == [(paper(2).id, 1)]
        assert await tx.texts.lacking_on([]) == []
