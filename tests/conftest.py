"""What all tests share: stores on both databases, and the rule for missing counterparts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.channels.discord import Discord
from bot.store import Store
from bot.store.migrate import migrate
from tests.counterparts import local_slack, models, postfix, postgres
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.counterparts.needed import SAMPLES, need
from tests.counterparts.slack_edge import SlackEdge, edge
from tests.databases import begin_anew, opened, sqlite_path
from tests.fakes import FakeChannel, HandClock, make_empty

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # a busy machine is no fault of the code

_LONG = {"scenarios", "room", "test_history.py", "test_cli.py", "test_llm.py", "test_conversation.py"}
"""Folders and modules of tests that take seconds each."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than there are cores: a third of the time is spent waiting for servers."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each process begin with its share of the long tests, so that none is waited for in the end.

    pytest-xdist cuts the list into as many pieces of the same length as there are processes.
    """
    if not hasattr(config, "workerinput"):
        return
    count = int(config.workerinput["workercount"])
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    is_long = {path: not _LONG.isdisjoint((path.parent.name, path.name)) for path in modules}
    long = [some for path, some in modules.items() if is_long[path]]
    rest = iter([item for item in items if not is_long[item.path]])
    ordered: list[pytest.Item] = []
    for place in range(count):
        ordered += chain.from_iterable(long[place::count])
        ordered += islice(rest, max(len(items) * (place + 1) // count - len(ordered), 0))
    items[:] = [*ordered, *rest]


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real captures; skips where it is missing."""
    if not SAMPLES.is_dir():
        pytest.skip("../shared/samples, the folder of real captures, is not here")
    return SAMPLES


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server for this session."""
    if "PG_TEST_DSN" in os.environ:
        yield os.environ["PG_TEST_DSN"]
        return
    need("PostgreSQL", postgres.missing())
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def mail_server() -> Iterator[postfix.Postfix]:
    """A real postfix for this session; papers@sudi.test and everybody at reader.test have mailboxes."""
    need("postfix", postfix.missing())
    with postfix.server(["papers@sudi.test", "@reader.test"]) as running:
        yield running


@pytest.fixture
async def discord() -> AsyncIterator[DiscordSite]:
    """A Discord on a loopback port, to which discord.py talks; its buckets are quickly full and quickly empty."""
    async with DiscordSite(window=0.3) as running:
        with running.used():
            yield running


@pytest.fixture
async def ours(discord: DiscordSite) -> AsyncIterator[Discord]:
    """The bot's side of it, for sending."""
    one = Discord(TOKEN)
    yield one
    await one.close()


@pytest.fixture
async def slack() -> AsyncIterator[SlackEdge]:
    """A workspace with three people and two channels."""
    need("local-slack", local_slack.missing())
    async with edge() as opened:
        yield opened


@pytest.fixture(scope="module")
def model_server() -> Iterator[models.Mock]:
    """A real endpoint for models that answers as it is told, for the tests of one module."""
    need("the models", models.missing())
    with models.mock() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sudi.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    async with postgres.database(server) as url:
        yield url


@pytest.fixture
async def migrated_url(postgres_url: str) -> AsyncIterator[str]:
    """A migrated PostgreSQL database of its own, for tests of which something may go on in it after their end."""
    async with postgres.database(postgres_url) as url:
        made = Store.open(url)
        await migrate(made)
        await made.close()
        yield url


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_url: str) -> Iterator[str]:
    """One database that tests use one after another: to make a new one for each takes half a second."""
    with postgres.shared_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases are that tests use one after another."""
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, sqlite_folder: Path) -> str:
    """The database of `store`, for who opens it a second time."""
    if request.param == "sqlite":
        return f"sqlite:///{sqlite_folder / 'sudi.db'}"
    return str(request.getfixturevalue("shared_postgres_url"))


_MADE: set[Path] = set()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a migrated SQLite file is kept, to be copied: migrating takes longer than most tests."""
    return tmp_path_factory.mktemp("blank") / "sudi.db"


async def _migrated(url: str, blank: Path) -> Store:
    """A migrated and empty store at a URL."""
    path = sqlite_path(url)
    if path is None:
        shared = opened(url)
        if not await migrate(shared):
            await postgres.empty(shared)
        return shared
    if blank not in _MADE:
        await make_empty(blank)
        _MADE.add(blank)
    begin_anew(path, blank)
    return opened(url)


@pytest.fixture
async def store(store_url: str, blank: Path) -> AsyncIterator[Store]:
    """A migrated and empty store on each database, closed at the end."""
    made = await _migrated(store_url, blank)
    yield made
    await made.close()


@pytest.fixture
async def engine_url(store_url: str, blank: Path) -> str:
    """A migrated and empty database for each engine: `inline` on SQLite, `procrastinate` on PostgreSQL."""
    await (await _migrated(store_url, blank)).close()
    return store_url


@pytest.fixture
async def sqlite_store(sqlite_folder: Path, blank: Path) -> AsyncIterator[Store]:
    """A migrated store on SQLite alone, for what does not depend on the database."""
    made = await _migrated(f"sqlite:///{sqlite_folder / 'sudi.db'}", blank)
    yield made
    await made.close()


@pytest.fixture
async def sqlite_other(sqlite_folder: Path, blank: Path) -> AsyncIterator[Store]:
    """A second store, to compare with."""
    made = await _migrated(f"sqlite:///{sqlite_folder / 'other.db'}", blank)
    yield made
    await made.close()


@pytest.fixture
def channel() -> FakeChannel:
    """A channel that keeps what arrives."""
    return FakeChannel()


@pytest.fixture
def clock() -> HandClock:
    """A clock that is moved by hand."""
    return HandClock()
