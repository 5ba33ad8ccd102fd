"""The database is brought up to date, and what it then has is what the code expects."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import StoreError
from bot.store import Store, schema
from bot.store.migrate import head, migrate


async def test_an_empty_database_is_brought_to_the_newest_form_and_then_left_alone(database_url):
    store = Store.open(database_url)
    assert await store.revision() is None
    assert await migrate(store)
    assert await store.revision() == head()
    assert not await migrate(store)
    await store.close()


async def test_the_migrations_make_exactly_the_tables_of_the_schema(store):
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), schema.metadata)

    async with store.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_process_is_refused_the_same_sqlite_file(tmp_path):
    first = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    with pytest.raises(StoreError, match="in use by another sudi process"):
        Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    await first.close()
    await Store.open(f"sqlite:///{tmp_path / 'sudi.db'}").close()


def test_a_database_in_memory_is_refused():
    with pytest.raises(StoreError, match="forgets"):
        Store.open("sqlite:///:memory:")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(f"sqlite:///{tmp_path / 'nowhere' / 'sudi.db'}")
