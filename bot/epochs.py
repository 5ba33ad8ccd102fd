"""Epochs of an installation: what tells an id from the same id in an earlier life of the database. Pure.

A database that is restored from a backup gives out again the ids that were given out since the backup. What names
a row outside of the database, the key of a message or the token in a link, therefore names the epoch too in
which the id was given out. Rows that were in the backup keep theirs, so that their links stay good.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """The tables whose ids are named outside of the database."""

    DESTINATION = "destination"
    DELIVERY = "delivery"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch; `before` has the highest ids that were there when it began."""

    value: str
    before: Mapping[Kind, int]


def epoch_of(epochs: Sequence[Epoch], kind: Kind, number: int) -> str:
    """The epoch in which an id was given out; empty for the time before there were epochs."""
    return next((one.value for one in reversed(epochs) if number > one.before[kind]), "")
