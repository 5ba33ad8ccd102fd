"""A few hundred damaged pages; `python -m tests.bench pages` tries ten thousand of each."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.sources.mutations import PAGES, RIGHT, judge


@pytest.mark.parametrize("name", PAGES)
def test_a_damaged_page_is_read_rightly_or_its_bad_rows_are_named_or_it_is_refused(name):
    assert len(RIGHT[name]) == 30
    outcomes: Counter[str] = Counter()
    for seed in range(300):
        verdict = judge(name, seed)
        assert not verdict.wrong, f"{seed}: {verdict.wrong}"
        outcomes[verdict.outcome] += 1
    assert all(outcomes[each] > 10 for each in ("right", "named", "refused")), outcomes
