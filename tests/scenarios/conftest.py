"""What scenarios share: processes of a test end with it, also where it fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios import worker


@pytest.fixture(autouse=True)
def nobody_lives_on() -> Iterator[None]:
    """A process that stands still would keep rows of a database that the next test wants."""
    yield
    while worker.STARTED:
        worker.STARTED.pop().kill()
