"""The database is brought up to date, and what it then has is what the code expects."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import StoreError
from bot.model import Language
from bot.store import Store, schema
from bot.store.migrate import head, migrate, opened_for_a_bot, opened_for_one_command
from tests.fakes import MORNING, NINE

EN = Language.EN


async def test_an_empty_database_is_brought_to_the_newest_form_and_then_left_alone(database_url):
    store = Store.open(database_url)
    assert await store.revision() is None
    assert await migrate(store)
    assert await store.revision() == head()
    assert not await migrate(store)
    await store.close()


async def test_the_migrations_make_exactly_the_tables_of_the_schema(store):
    def differences(connection: Connection) -> list[object]:
        options = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("procrastinate")}
        return compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata)

    async with store.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_process_is_refused_the_same_sqlite_file(tmp_path):
    first = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    with pytest.raises(StoreError, match="in use by another sudi process"):
        Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    await first.close()
    await Store.open(f"sqlite:///{tmp_path / 'sudi.db'}").close()


async def test_one_command_works_beside_the_process_that_has_the_lock_which_notices_what_it_writes(sqlite_store):
    async def write(store: Store) -> None:
        async with store.write() as tx:
            await tx.subscribers.add_destination(
                "email", "a@x.test", owner="a", language=EN, slot=NINE, now=MORNING
            )

    url = f"sqlite:///{sqlite_store.compiled.with_suffix('')}"
    other = await opened_for_one_command(url)
    assert not await sqlite_store.has_changed()
    await write(other)
    assert await sqlite_store.has_changed()
    assert not await sqlite_store.has_changed()
    async with sqlite_store.write() as tx:
        await tx.subscribers.pause(1, "by ourselves", MORNING)
    assert not await sqlite_store.has_changed()
    await other.close()


async def test_one_command_migrates_only_while_nobody_uses_the_database(tmp_path):
    url = f"sqlite:///{tmp_path / 'sudi.db'}"
    first = Store.open(url)
    with pytest.raises(StoreError, match="in use by another sudi process"):
        await opened_for_one_command(url, patience=0)
    await first.close()
    store = await opened_for_one_command(url)
    assert await store.revision() == head()
    await store.close()


async def test_a_bot_waits_for_a_command_that_is_just_migrating_and_a_command_keeps_nobody_out(tmp_path):
    url = f"sqlite:///{tmp_path / 'sudi.db'}"
    migrating = Store.open(url)
    waiting = asyncio.create_task(opened_for_a_bot(url, patience=60))
    await asyncio.sleep(0)
    assert not waiting.done()
    await migrating.close()
    await (await waiting).close()
    command = await opened_for_one_command(url)
    bot = await opened_for_a_bot(url, patience=0)
    with pytest.raises(StoreError, match="in use by another sudi process"):
        await opened_for_a_bot(url, patience=0)
    await command.close()
    await bot.close()


def test_a_database_in_memory_is_refused():
    with pytest.raises(StoreError, match="forgets"):
        Store.open("sqlite:///:memory:")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(f"sqlite:///{tmp_path / 'nowhere' / 'sudi.db'}")


async def test_a_command_waits_for_a_bot_that_has_just_been_started_to_migrate(tmp_path):
    url = f"sqlite:///{tmp_path / 'sudi.db'}"
    bot = Store.open(url)
    waiting = asyncio.create_task(opened_for_one_command(url))
    await asyncio.sleep(0)
    assert await migrate(bot)
    command = await waiting
    assert await command.revision() == head()
    await command.close()
    await bot.close()
