"""How work is announced to those who do it: the engine implements it, and the store rings."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.store import Transaction


class Ring(Protocol):
    """What an engine offers to those who make work for it."""

    async def within(self, tx: Transaction, names: Collection[str]) -> None:
        """Ring in a transaction, for all processes."""
        ...

    def after(self, names: Collection[str]) -> None:
        """The transaction is committed."""
        ...


class Silence:
    """The bells of a store on which no engine works."""

    async def within(self, tx: Transaction, names: Collection[str]) -> None:
        """Ring nowhere."""

    def after(self, names: Collection[str]) -> None:
        """Ring nowhere."""
