"""An id and a number are given out once; after a restored backup the epoch tells an id from its namesake."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.epochs import Epoch, Kind, epoch_of
from bot.store import Store, schema
from bot.store.incoming_emails import Unconfirmed
from bot.store.migrate import migrate
from bot.tokens import Purpose, Tokens
from tests.fakes import MORNING, FakeChannel, HandClock, courier, planned, rows, subscribed, waiting
from tests.store.history import THEN, make_old, upgrade

NEVER_AGAIN = ("destination", "subscription", "delivery", "unconfirmed")
KEY = b"k" * 32


@pytest.fixture
async def old(database_url: str) -> AsyncIterator[Store]:
    """A database with typical rows, from before ids were given out once only."""
    store = Store.open(database_url)
    await make_old(store, "0013")
    yield store
    await store.close()


@dataclass
class Finding(FakeChannel):
    """A channel that can look for what may have arrived."""

    has_lookup = True
    sought: list[str] = field(default_factory=list)

    async def find(self, _address, key, _since, _root):
        """It has arrived."""
        self.sought.append(key)
        return f"found {key}"


async def made(store: Store, name: str) -> int:
    """The id of a new row."""
    destination, subscriptions = await subscribed(store, f"word{await last(store, name)}", address=f"#{name}")
    wish = Unconfirmed(0, "ada@reader.test", "list")
    async with store.write() as tx:
        match name:
            case "subscription":
                return subscriptions[-1].id
            case "delivery":
                delivery = schema.delivery
                values = {
                    "destination_id": destination.id,
                    "channel": "fake",
                    "slot_due": MORNING,
                    "state": "ready",
                    "due_at": MORNING,
                }
                found = await tx.connection.execute(
                    delivery.insert().values(**values, created_at=MORNING).returning(delivery.c.id)
                )
                return found.scalar_one()
            case "unconfirmed":
                kept = await tx.incoming_emails.ask("key", wish, MORNING, mailbox=wish.address, limit=9, of_all=9)
                assert kept is not None
                return kept.id
    return destination.id


async def last(store: Store, name: str) -> int:
    """The highest id of a table."""
    return max([row.id for row in await rows(store, schema.metadata.tables[name])], default=0)


async def drop_newest(store: Store, name: str) -> None:
    """Delete the row with the highest id."""
    async with store.write() as tx:
        table = schema.metadata.tables[name]
        await tx.connection.execute(table.delete().where(table.c.id == await last(store, name)))


# Ids


@pytest.mark.parametrize("name", NEVER_AGAIN)
async def test_the_id_of_the_newest_row_is_not_given_out_again_when_that_is_deleted(store, name):
    first = await made(store, name)
    await drop_newest(store, name)
    assert await made(store, name) > first


@pytest.mark.parametrize("name", NEVER_AGAIN)
async def test_neither_is_it_in_a_database_of_an_earlier_version(old, name):
    await migrate(old)
    before = await last(old, name)
    await drop_newest(old, name)
    assert await made(old, name) > before


async def test_the_tables_of_an_earlier_version_keep_their_indexes_and_constraints(tmp_path):
    """What is made again on SQLite is what it was but for what is meant."""

    def form() -> list[tuple[str, ...]]:
        with sqlite3.connect(tmp_path / "sudi.db") as connection:
            indexes = connection.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'")
            keys = connection.execute(
                'SELECT m.name, k."table", k."from", k."to", k.on_delete'
                " FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS k"
            )
            columns = connection.execute(
                "SELECT m.name, c.name, c.type, c.\"notnull\", trim(c.dflt_value, '()'), c.pk"
                " FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE c.name != 'last_number'"
                " AND m.name NOT IN ('epoch', 'sqlite_sequence')"
            )
            return sorted([tuple(map(str, row)) for found in (indexes, keys, columns) for row in found])

    store = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    await make_old(store, "0013")
    before = form()
    async with store.connect() as connection:
        await connection.run_sync(lambda sync: upgrade(sync, "0014"))
        await connection.commit()
    assert form() == before
    await store.close()


# Numbers


async def test_a_number_is_never_given_out_again_at_a_destination(store):
    destination, subscriptions = await subscribed(store, "a", "b", "c")
    for one in subscriptions[1:]:
        async with store.write() as tx:
            await tx.subscribers.unsubscribe(one.id)
    _, known = await subscribed(store, "d")
    assert [(one.number, one.query) for one in known] == [(1, "a"), (4, "d")]
    async with store.write() as tx:
        for one in known:
            await tx.subscribers.unsubscribe(one.id)
    _, (one,) = await subscribed(store, "a")
    assert one.number == 5
    _, (elsewhere,) = await subscribed(store, "a", address="#elsewhere")
    assert (elsewhere.number, destination.id != elsewhere.destination_id) == (1, True)


async def test_numbers_go_on_where_an_earlier_version_has_stopped(old):
    await migrate(old)
    async with old.write() as tx:
        tides, _ = await tx.subscribers.destinations()
        _, newest = await tx.subscribers.subscriptions(tides.id)
        assert newest.number == 3
        await tx.subscribers.unsubscribe(newest.id)
        one, _ = await tx.subscribers.subscribe(tides.id, "tides", MORNING)
    assert one.number == 4


# Epochs


def test_an_id_belongs_to_the_last_epoch_that_began_before_it():
    epochs = [
        Epoch(value, {Kind.DESTINATION: before, Kind.DELIVERY: 0, Kind.UNCONFIRMED: 0})
        for value, before in (("a", 3), ("b", 7), ("c", 7))
    ]
    assert [epoch_of(epochs, Kind.DESTINATION, number) for number in (1, 3, 4, 7, 8)] == ["", "", "a", "a", "c"]
    assert epoch_of([], Kind.DESTINATION, 1) == ""


async def test_every_installation_has_an_epoch_of_its_own(tmp_path):
    values = set()
    for name in ("one", "other"):
        store = Store.open(f"sqlite:///{tmp_path / name}.db")
        await migrate(store)
        async with store.read() as tx:
            (epoch,) = await tx.epochs.known()
        values.add(epoch.value)
        await store.close()
    assert len(values) == 2


async def test_a_delivery_that_was_in_flight_before_there_were_epochs_is_looked_up_by_its_old_key(old):
    async with old.write() as tx:
        unsure = schema.part.c.delivery_id == 32, schema.part.c.reference.is_(None)
        await tx.connection.execute(schema.part.update().where(*unsure).values(attempted_at=THEN))
    await migrate(old)
    await subscribed(old, "new", address="#new")
    await waiting(old, 1)
    await planned(old)
    channel = Finding()
    await courier(old, channel, HandClock(MORNING)).drain()
    assert channel.sought == ["32.2"]
    assert "the second half" not in channel.bodies("#tides")
    async with old.read() as tx:
        (epoch,) = await tx.epochs.known()
    assert {one.key.partition("-")[0] for one in channel.arrived} == {epoch.value}


async def test_a_key_stays_that_of_its_delivery_and_a_later_delivery_of_that_id_has_another(store):
    await waiting(store, 1)
    await planned(store)
    before = await _claimed(store)
    async with store.write() as tx:
        await tx.epochs.begin()
    assert (await _claimed(store)).key == before.key
    async with store.write() as tx:  # what a restored backup does not have
        await tx.connection.execute(schema.epoch.update().values(delivery=before.id - 1))
    again = await _claimed(store)
    assert again.id == before.id
    assert again.key != before.key


async def test_links_of_before_there_were_epochs_and_of_rows_in_a_backup_stay_good(old):
    early = Tokens(KEY)
    await migrate(old)
    destination, _ = await subscribed(old, "a", address="#new")
    for _ in range(2):
        tokens = await _tokens(old)
        assert tokens.read(Purpose.MANAGE, early.sign(Purpose.MANAGE, 12, THEN), THEN) == 12
        assert tokens.read(Purpose.CONFIRM, early.sign(Purpose.CONFIRM, 41, THEN), THEN) == 41
        assert (
            tokens.read(Purpose.MANAGE, tokens.sign(Purpose.MANAGE, destination.id, THEN), THEN) == destination.id
        )
        link = tokens.sign(Purpose.BOUNCE, destination.id, THEN)
        async with old.write() as tx:
            await tx.epochs.begin()
    assert (await _tokens(old)).read(Purpose.BOUNCE, link, THEN) == destination.id


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_link_to_a_row_that_a_backup_does_not_have_opens_no_later_row_with_that_id(store, purpose):
    name = purpose.kind.value
    await made(store, name)
    lost = await last(store, name) + 1  # given out after the backup
    link = (await _tokens(store)).sign(purpose, lost, MORNING)
    assert (await _tokens(store)).read(purpose, link, MORNING) == lost
    async with store.write() as tx:
        await tx.epochs.begin()
    tokens = await _tokens(store)
    assert tokens.read(purpose, link, MORNING) is None
    assert tokens.read(purpose, tokens.sign(purpose, lost, MORNING), MORNING) == lost


@pytest.mark.parametrize("count", [0, 2])
async def test_after_a_restored_backup_no_subscription_is_called_as_one_that_it_does_not_have(store, count):
    """Buttons name subscriptions by their ids alone."""
    for number in range(count):
        await subscribed(store, f"word{number}")
    before = await last(store, "subscription")
    async with store.write() as tx:
        await tx.epochs.begin()
    await subscribed(store, "new")
    assert await last(store, "subscription") > before + 100_000


async def _tokens(store: Store) -> Tokens:
    async with store.read() as tx:
        return Tokens(KEY, await tx.epochs.known())


async def _claimed(store: Store):
    async with store.write() as tx:
        (claim,) = await tx.outbox.claim("fake", owner="one", now=MORNING, lease=timedelta(), most=9)
        await tx.outbox.release("one", MORNING)
    return claim
