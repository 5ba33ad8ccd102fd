"""Random histories: the bot and a model that knows nothing of how it works say the same, digest by digest.

`python -m tests.bench histories -n 500` lives through more and longer ones.
"""

from __future__ import annotations

import pytest

from tests.scenarios.histories.lives import lived
from tests.scenarios.histories.world import history

DAYS = 3
SEEDS = [("sqlite", seed) for seed in range(1, 11)] + [("postgresql", seed) for seed in range(16, 20)]


@pytest.mark.parametrize(("store_url", "seed"), SEEDS, indirect=["store_url"])
async def test_a_random_history_gives_the_digests_that_a_plain_loop_gives(store, store_url, seed):
    await store.close()
    told = await lived(history(seed, DAYS), store_url)
    assert told.digests
