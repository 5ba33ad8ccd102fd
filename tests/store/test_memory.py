"""What a process remembers of papers holds until anybody writes of papers, and no longer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.model import Change, ChangeKind, Language, Summary
from bot.store import Store, Transaction, memory, schema
from tests.fakes import MORNING, NINE, listing, paper, planned, subscribed, waiting


@pytest.fixture
async def beside(store_url: str, store: Store) -> AsyncIterator[Store]:
    """The same database, as another process has it."""
    other = Store.open(store_url, exclusive=False)
    yield other
    await other.close()


async def stored(store: Store, *numbers: int) -> None:
    """Papers that were announced; the first has the number 1."""
    one = listing("cs.LG", *map(paper, numbers))
    async with store.write() as tx:
        await tx.papers.add([one], one.announcements, MORNING)


async def retitled(store: Store, title: str) -> None:
    """Every paper has another title."""
    async with store.write() as tx:
        await tx.connection.execute(schema.paper.update().values(title=title))


class Library:
    """Reads the titles of papers by their numbers, and notes of which it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def titles(self, tx: Transaction, numbers: Collection[int]) -> dict[int, str]:
        """As the memory has them."""

        async def read(new: list[int]) -> dict[int, str]:
            self.asked.append(new)
            n, title = schema.paper.c.n, schema.paper.c.title
            rows = await tx.connection.execute(select(n, title).where(n.in_(new)))
            return {row.n: row.title for row in rows}

        return await tx.recall.get("titles of a library", numbers, read)

    async def found(self, store: Store, *numbers: int) -> dict[int, str]:
        """As one transaction sees them."""
        async with store.read() as tx:
            return await self.titles(tx, numbers)


async def test_what_was_read_once_is_read_no_more_not_even_what_is_not_there(store):
    await stored(store, 1, 2)
    library, expected = Library(), {1: paper(1).title, 2: paper(2).title}
    assert await library.found(store, 1, 9) == {1: expected[1]}
    assert await library.found(store, 1, 2, 9) == expected
    assert await library.found(store, 9) == {}
    assert library.asked == [[1, 9], [2]]


async def test_who_writes_of_a_paper_is_heard_by_every_process(store, beside):
    await stored(store, 1)
    library = Library()
    assert await library.found(store, 1) == {1: paper(1).title}
    await retitled(beside, "Another title")
    assert await library.found(store, 1) == {1: "Another title"}
    assert await library.found(store, 1) == {1: "Another title"}
    assert len(library.asked) == 2


async def test_a_transaction_sees_one_moment_and_leaves_nothing_of_it_behind(store, beside):
    await stored(store, 1, 2)
    library = Library()
    async with store.read() as tx:
        assert await library.titles(tx, [1]) == {1: paper(1).title}
        await retitled(beside, "Another title")
        assert await library.found(store, 1) == {1: "Another title"}
        assert await library.titles(tx, [1, 2]) == {1: paper(1).title, 2: paper(2).title}
    assert await library.found(store, 1, 2) == {1: "Another title", 2: "Another title"}


async def test_the_counter_that_is_read_with_the_deliveries_of_a_destination_is_as_good(store, beside):
    (destination,) = await waiting(store, 1)
    await planned(store)
    library = Library()
    for title in (paper(1).title, "Another title"):
        await retitled(beside, title)
        for _ in range(2):
            async with store.read() as tx:
                await tx.carried.earlier([destination.id])
                assert await library.titles(tx, [1]) == {1: title}
    assert library.asked == [[1], [1]]


async def test_a_transaction_that_writes_remembers_nothing(store):
    await stored(store, 1)
    library = Library()
    async with store.write() as tx:
        assert await library.titles(tx, [1]) == await library.titles(tx, [1])
    assert library.asked == [[1], [1]]


async def test_a_memory_of_many_papers_begins_anew_and_is_still_right(store, monkeypatch):
    monkeypatch.setattr(memory, "_MOST", 3)
    await stored(store, *range(1, 7))
    library = Library()
    for numbers in ([1, 2], [2, 3], [3, 4, 5], [1, 5], [1, 2, 3, 4, 5, 6]):
        assert await library.found(store, *numbers) == {n: paper(n).title for n in numbers}


async def _counted(store: Store) -> int:
    async with store.read() as tx:
        found = await tx.connection.execute(select(schema.counter).where(schema.counter.c.name == "written"))
        return next((row.value for row in found), 0)


async def _new_paper(tx: Transaction) -> None:
    await tx.papers.ensure([paper(7)])


async def _right_version(tx: Transaction) -> None:
    await tx.papers.renumber((paper(1).id, 1), 3)


async def _text(tx: Transaction) -> None:
    await tx.texts.carry([Summary(paper(1).id, 1, Language.ZH, title="标题", provenance="test")], MORNING)


async def _change(tx: Transaction) -> None:
    await tx.changes.add([Change(paper(1), ChangeKind.WITHDRAWN)])


async def _batch(tx: Transaction) -> None:
    assert await tx.batches.open(MORNING)


async def _confirmation(tx: Transaction) -> None:
    await tx.connection.execute(schema.listing.update().values(confirmed_at=MORNING))


async def _forgotten(tx: Transaction) -> None:
    await tx.connection.execute(schema.announcement.delete())


@pytest.mark.parametrize(
    "write",
    [_new_paper, _right_version, _text, _change, _batch, _confirmation, _forgotten],
    ids=lambda one: one.__name__,
)
async def test_whatever_is_written_of_papers_counts_once(store, write):
    await stored(store, 1)
    before = await _counted(store)
    async with store.write() as tx:
        await write(tx)
    assert await _counted(store) == before + 1


async def test_what_is_written_of_readers_does_not_count_nor_does_what_is_undone(store):
    await stored(store, 1)
    before = await _counted(store)
    await subscribed(store)
    async with store.write() as tx:
        await tx.slots.ensure(NINE, MORNING + timedelta(days=1))
    with pytest.raises(RuntimeError, match="power"):
        await _undone(store)
    assert await _counted(store) == before


async def _undone(store: Store) -> None:
    async with store.write() as tx:
        await tx.papers.ensure([paper(8)])
        raise RuntimeError("power")
