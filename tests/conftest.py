"""What all tests share: stores on both databases, and the rule for missing counterparts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import Store
from bot.store.migrate import migrate
from tests.counterparts import postgres

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
"""Real captures that are kept beside the repository, where there are any."""


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real captures; skips where it is missing, because it is not ours to ship."""
    if not SAMPLES.is_dir():
        pytest.skip("../shared/samples is not here: the real captures are kept outside of the repository")
    return SAMPLES


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server for this session."""
    if "PG_TEST_DSN" in os.environ:
        yield os.environ["PG_TEST_DSN"]
        return
    if (why := postgres.missing()) is not None:
        if os.environ.get("REQUIRE_COUNTERPARTS"):
            pytest.fail(f"counterpart missing: {why}")
        pytest.skip(f"no PostgreSQL to test against: {why}")
    with postgres.server(tmp_path_factory.mktemp("pg")) as url:
        yield url


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
async def store(database_url: str) -> AsyncIterator[Store]:
    """A migrated store on each database, closed at the end."""
    opened = Store.open(database_url)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[Store]:
    """A migrated store on SQLite alone, for what does not depend on the database."""
    opened = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    await migrate(opened)
    yield opened
    await opened.close()
