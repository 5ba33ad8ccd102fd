"""Reading the sources: who is asked for what, and when, until every announcement of every day is there.

::

    reader    at every tick: what is missing by the clock, one process at a time; past days; by hand
    mailing   one mailing of one source, category after category: what has come is stored at once
    mailed    arXiv's announcement mail, where the bot has a mailbox that gets it: a further witness
    evidence  whether what a source gives is the mailing that was asked for, and whether two sources agree

What could not be had is a fault in the store, until it is over. Nothing is believed for its date alone.
"""

from __future__ import annotations

from bot.reading.mailing import Reading
from bot.reading.reader import Day, Owed, Reader

__all__ = ["Day", "Owed", "Reader", "Reading"]
