"""How much work something is, without a clock: machines differ, and who measures coverage takes time as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Work:
    """What was done."""

    calls: int = 0  # of functions, and returns from them


@contextmanager
def counted() -> Iterator[Work]:
    """Count what is done meanwhile in this thread."""
    work = Work()

    def count(*_: object) -> None:
        work.calls += 1

    sys.setprofile(count)
    try:
        yield work
    finally:
        sys.setprofile(None)
