"""Damaged pages by the thousand: what `tests/sources/test_mutations.py` tries a few hundred times."""

from __future__ import annotations

import time
from collections import Counter

from tests.sources.mutations import PAGES, judge


def pages(count: int) -> None:
    """Judge what is read of that many damaged pages of each kind; whatever is wrong ends the program."""
    for name in PAGES:
        started, outcomes, wrong = time.process_time(), Counter[str](), []
        for seed in range(count):
            verdict = judge(name, seed)
            outcomes[verdict.outcome] += 1
            if verdict.wrong:
                wrong.append(f"{name} {seed}: {verdict.wrong}")
        said = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
        print(f"{name}: {count} damaged, {said}; {time.process_time() - started:.0f} s of CPU")
        if wrong:
            raise SystemExit("\n".join(wrong[:20]))
