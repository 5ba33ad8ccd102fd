"""What is exported, imported and exported again is the same, whatever people have set, but for what waits."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli.transfer import (
    ExportedDestination,
    ExportedPaper,
    ExportedPerson,
    ExportedSaved,
    ExportedSubscription,
    File,
    _export,
    _imported,
)
from bot.model import Days, Language, Notices
from bot.store import Store, saved, schema
from tests.fakes import make_empty, rows

AT = datetime(2026, 6, 10, 8, tzinfo=UTC)
PEOPLE = ("ada", "温淑仪", "ottoline@reader.test")
QUERIES = ("cs.LG", "hep-th axion*", "黑洞", 'au:"Ada Roe"', "cs.CL -survey", "cat:cs.GONE")
MUTES = ("survey", "2606.90001", 'au:"Ada Roe"', "cat:cs.GONE", "黑洞")


def _subscriptions() -> st.SearchStrategy[list[ExportedSubscription]]:
    one = st.builds(
        lambda number, query, paused: ExportedSubscription(
            number=number, query=query, paused=paused, is_unreadable="GONE" in query
        ),
        st.integers(0, 30),
        st.sampled_from(QUERIES),
        st.booleans(),
    )
    return st.lists(one, max_size=4, unique_by=lambda each: each.query)


_DESTINATIONS = st.builds(
    ExportedDestination,
    channel=st.sampled_from(["email", "slack", "discord"]),
    address=st.sampled_from(["a@reader.test", "T1/C1", "@7", "42"]),
    owner=st.none() | st.just("") | st.sampled_from(PEOPLE),
    language=st.sampled_from([one.value for one in Language]),
    time=st.sampled_from(["00:00", "08:30", "23:59"]),
    timezone=st.sampled_from(["UTC", "Asia/Shanghai", "America/St_Johns"]),
    days=st.sets(st.integers(1, 7), min_size=1).map(lambda days: str(Days.on(days))),
    notices=st.sampled_from([one.value for one in Notices]),
    limit=st.integers(0, 30),
    paused=st.sampled_from(["", "paused on request", "550 no such mailbox"]),
    last_number=st.integers(0, 40),
    subscriptions=_subscriptions(),
    mutes=st.lists(st.sampled_from(MUTES), unique=True),
)
_PAPERS = tuple(
    ExportedPaper(
        id=f"2606.9000{n}", version=n, title="潮汐", authors=["温淑仪"], abstract="$x$", categories=["cs.LG"]
    )
    for n in range(1, 4)
)
_PEOPLE = st.lists(
    st.builds(
        ExportedPerson,
        identities=st.lists(
            st.builds("{}:{}".format, st.sampled_from(["email", "slack", "discord"]), st.sampled_from(PEOPLE)),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        saved=st.lists(
            st.builds(
                lambda paper, n: ExportedSaved(paper=paper, at=AT + timedelta(hours=n)),
                st.sampled_from([one.id for one in _PAPERS]),
                st.integers(0, 99),
            ),
            unique_by=lambda each: each.paper,
            max_size=3,
        ),
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def empty() -> Path:
    """A database with all tables and no rows."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    asyncio.run(make_empty(path))
    return path


async def moved(empty: Path, folder: Path, name: str, file: File) -> File:
    """The export of a new database that has only this file."""
    url = f"sqlite:///{shutil.copy(empty, folder / name)}"
    await _imported(url, file)
    return await _export(url)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_DESTINATIONS, max_size=4), _PEOPLE)
def test_what_is_exported_imported_and_exported_again_is_the_same(empty, destinations, people):
    asked = File(sudi=1, destinations=destinations, people=people, papers=list(_PAPERS))

    async def go() -> None:
        with tempfile.TemporaryDirectory() as name:
            first = await moved(empty, Path(name), "first.db", asked)
            text = first.model_dump_json()
            second = await moved(empty, Path(name), "second.db", File.model_validate_json(text))
            assert second.model_dump_json() == text

    asyncio.run(go())


async def test_every_habit_of_a_destination_is_in_its_rows_again(empty, tmp_path):
    subscriptions = [
        ExportedSubscription(number=2, query="cs.LG"),
        ExportedSubscription(number=5, query="hep-th axion*", paused=True),
    ]
    one = ExportedDestination(
        channel="slack", address="T1/C1", owner="T1/U1", language="zh-hant", time="07:45", timezone="Asia/Taipei",
        days="2,4", notices="always", limit=7, paused="channel_not_found", last_number=9,
        subscriptions=subscriptions, mutes=["survey", "2606.90001"],
    )  # fmt: skip
    person = ExportedPerson(identities=["email:mei@reader.test", "slack:T1/U1"], saved=[])
    file = await moved(empty, tmp_path, "first.db", File(sudi=1, destinations=[one], people=[person]))
    await moved(empty, tmp_path, "second.db", file)
    found = []
    for name in ("first.db", "second.db"):
        store = Store.open(f"sqlite:///{tmp_path / name}")
        (destination,) = await rows(store, schema.destination)
        (slot,) = await rows(store, schema.slot)
        numbers = [(each.number, each.paused) for each in await rows(store, schema.subscription)]
        mutes = [each.text for each in await rows(store, schema.mute)]
        identities = {
            (each.channel, each.address, each.subscriber_id) for each in await rows(store, schema.identity)
        }
        assert len({person for _, _, person in identities}) == 1
        assert await rows(store, saved.saved) == []
        found.append(
            (
                destination.limit, destination.last_number, destination.paused, destination.notices,
                destination.language, (slot.zone, slot.minute, slot.days), numbers, sorted(mutes),
            )
        )  # fmt: skip
        await store.close()
    assert found[0] == found[1]
    assert found[0] == (
        7, 9, "channel_not_found", "always", "zh-hant", ("Asia/Taipei", 465, "2,4"), [(2, False), (5, True)],
        ["2606.90001", "survey"],
    )  # fmt: skip


async def test_a_number_that_was_used_is_not_used_again_by_an_import(empty, tmp_path):
    path = tmp_path / "one.db"
    there = ExportedDestination(channel="email", address="a@reader.test", last_number=3)
    more = ExportedDestination(
        channel="email", address="a@reader.test", subscriptions=[ExportedSubscription(number=2, query="cs.LG")]
    )
    await moved(empty, tmp_path, path.name, File(sudi=1, destinations=[there]))
    await _imported(f"sqlite:///{path}", File(sudi=1, destinations=[more]))
    (one,) = (await _export(f"sqlite:///{path}")).destinations
    assert [each.number for each in one.subscriptions] == [4]
