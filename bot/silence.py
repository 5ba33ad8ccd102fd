"""What a place should know about what was read for it: how much, and why there are no papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from bot.matching import reads
from bot.model import ALL, Subscription
from bot.query import parse


class _OfCategory(Protocol):
    @property
    def category(self) -> str: ...


_T = TypeVar("_T", bound=_OfCategory)


def concerning(rows: Iterable[_T], subscriptions: Sequence[Subscription]) -> list[_T]:
    """Those of the categories that these subscriptions read; all of them where there are none."""
    wanted = reads(parse(one.query) for one in subscriptions) if subscriptions else None
    return [one for one in rows if wanted is None or one.category == ALL or one.category in wanted]
