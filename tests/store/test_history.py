"""A database of any earlier revision is opened with today's code: nothing is lost, and nothing comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.jobs.plan import plan
from bot.model import AnnounceType, Language
from bot.store import Store
from bot.store.migrate import head, migrate
from tests.fakes import FakeChannel, HandClock, courier, ingest, listing, paper, planned, subscribed, waits
from tests.store.history import DAY, FOLDER, RENAMED, THEN, contents, make_old

REVISIONS = sorted(path.stem.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
DUE = THEN + timedelta(days=1, hours=4)


@pytest.fixture(params=REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    """Every revision that there has been, and today's."""
    return str(request.param)


@pytest.fixture
async def old(database_url: str, revision: str) -> AsyncIterator[Store]:
    """A database of a revision with typical rows."""
    store = Store.open(database_url)
    await make_old(store, revision)
    yield store
    await store.close()


async def test_a_database_of_any_revision_keeps_what_it_had_and_goes_on_from_there(old):
    """One database for all of it: to make one and to migrate it takes longer than to look."""
    await every_value_is_kept_whose_column_is_still_there_and_the_database_is_sound(old)
    await readers_and_texts_are_what_they_were(old)
    await what_waits_is_sent_and_what_was_sent_is_not(old)
    await the_next_rows_get_ids_of_their_own(old)


async def every_value_is_kept_whose_column_is_still_there_and_the_database_is_sound(old: Store) -> None:
    async with old.connect() as connection:
        found = await connection.run_sync(contents)
    before = {RENAMED.get(name, name): rows for name, rows in found.items()}
    await migrate(old)
    assert await old.revision() == head()
    async with old.connect() as connection:
        after = await connection.run_sync(contents)
        for table in before.keys() & after.keys():
            kept = before[table].keys() & after[table].keys()
            was, is_now = ({name: rows[table][name] for name in kept} for rows in (before, after))
            if table in ("delivery", "key"):  # more may be made: of what waited, or for what is new
                is_now = {name: values[: len(was[name])] for name, values in is_now.items()}
            assert is_now == was, table
        if connection.dialect.name == "sqlite":
            assert list(await connection.execute(text("PRAGMA foreign_key_check"))) == []
            assert list(await connection.execute(text("PRAGMA integrity_check"))) == [("ok",)]
            assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar() == 1
        else:
            unsure = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
            assert list(await connection.execute(text(unsure))) == []


async def readers_and_texts_are_what_they_were(old: Store) -> None:
    async with old.read() as tx:
        tides, refused = await tx.subscribers.destinations()
        asked = [
            (one.number, one.query, one.paused)
            for destination in (tides, refused)
            for one in await tx.subscribers.subscriptions(destination.id)
        ]
        linked = await tx.subscribers.linked("fake", "ottoline")
        (summary,) = (await tx.texts.best([("2606.90001", 1)], Language.ZH)).values()
    assert (tides.address, tides.owner, tides.language, tides.paused) == ("#tides", "ottoline", Language.BOTH, "")
    assert (refused.address, refused.owner, refused.paused) == ("#refused", "", "channel_not_found")
    assert (tides.slot.zone, tides.slot.minute, tides.slot.days) == ("UTC", 540, "daily")
    assert asked == [
        (1, "cs.LG", False),
        (3, "title:tides author:greaves", False),
        (1, "cs.CC", False),
        (2, "cat:cs.GONE", True),
    ]
    assert linked == [("email", "ottoline@reader.test")]
    assert (summary.title, summary.one_line, summary.abstract) == ("潮汐", "预测潮汐。", "我们预测潮汐。")
    assert summary.provenance == "arxivdaily"


async def what_waits_is_sent_and_what_was_sent_is_not(old: Store) -> None:
    async with old.read() as tx:
        tides, refused = await tx.subscribers.destinations()
        assert [await waits(tx, one.id) for one in (tides, refused)] == [1, 1]
        fates = [
            fate and fate.state
            for destination, number in ((tides, 1), (tides, 2), (tides, 3), (refused, 4), (refused, 5))
            for fate in [await tx.carried.fate(destination.id, f"2606.9000{number}")]
        ]
        assert fates == ["sent", None, "ready", None, "dead"]

    channel, clock = FakeChannel(), HandClock(DUE)
    again = paper(title="Tides of 2606.90001, version 1", id="2606.90001")
    await ingest(old, [listing("cs.AI", (again, AnnounceType.CROSS), day=DAY + timedelta(days=1))], DUE)
    await plan(old, DUE)
    await courier(old, channel, clock).drain()
    first_lines = sorted(body.splitlines()[0] for body in channel.bodies("#tides"))  # both go side by side
    assert first_lines == ["2606.90002v1 new", "the second half"], "and the first half not again"
    assert channel.bodies("#refused") == []

    async with old.write() as tx:
        await tx.subscribers.resume(refused.id)
        await tx.outbox.revive(refused.id, DUE)
    await planned(old, DUE)
    await courier(old, channel, clock).drain()
    assert sorted(channel.bodies("#refused")) == ["2606.90004v1 new", "what was refused"]
    assert len(channel.bodies("#tides")) == 2


async def the_next_rows_get_ids_of_their_own(old: Store) -> None:
    destination, (subscription,) = await subscribed(old, "cs.CL", address="#new", owner="new", now=DUE)
    assert destination.id > 12
    assert subscription.id > 24


async def test_stored_queries_keep_their_meaning_where_their_words_are_operators_today(database_url):
    store = Store.open(database_url)
    await make_old(store, "0021")
    async with store.connect() as connection:
        for number, asked in ((11, "tides not survey"), (12, 'tides "not" survey'), (13, "ebb or")):
            made = text("INSERT INTO query (id, text) VALUES (:id, :text)")
            await connection.execute(made, {"id": number, "text": asked})
        copied = text(
            "INSERT INTO subscription (id, destination_id, number, query_id, paused, created_at)"
            " SELECT :id, :destination, :number, :query, paused, created_at FROM subscription WHERE id = 21"
        )
        for row, destination, number, query in (
            (41, 11, 11, 11),
            (42, 11, 12, 12),
            (43, 12, 11, 11),
            (44, 12, 12, 13),
        ):
            values = {"id": row, "destination": destination, "number": number, "query": query}
            await connection.execute(copied, values)
        await connection.execute(text("INSERT INTO unreadable (subscription_id) VALUES (42)"))
        await connection.execute(text("INSERT INTO mute SELECT destination_id, 'ebb and', created_at FROM mute"))
        await connection.commit()
    await migrate(store)
    async with store.read() as tx:
        queries = {one.id: one.query for number in (11, 12) for one in await tx.subscribers.subscriptions(number)}
        muted = [row.text for row in await tx.connection.execute(text("SELECT text FROM mute ORDER BY text"))]
    await store.close()
    assert {number: queries.get(number) for number in (41, 42, 43, 44)} == {
        41: 'tides "not" survey',
        42: None,  # the same as 41 by now, which is older
        43: 'tides "not" survey',
        44: 'ebb "or"',
    }
    assert muted == ["cs.CV", 'ebb "and"']
