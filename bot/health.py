"""What may be wrong with an installation: one list of kinds, and how the loops and connections of a process stand.

Who looks for them in the store is `jobs/health.py`; their sentences are `health.KIND` in the locale, the same in
/healthz, `sudi health`, `sudi doctor` and what admins are told.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.model import Fault

AWAY_SECONDS = 600.0
"""How long a channel may be away before that is a trouble: most come back by themselves."""

FAILING_SECONDS = 300.0
"""How long a loop may fail at every attempt."""

BUSY_SECONDS = 4 * 3600.0
"""How long one round of a loop may take: an evening of all categories takes less than one hour."""

Clock = Callable[[], float]
"""Seconds that only grow."""


class Kind(StrEnum):
    """What may be wrong; each has a sentence."""

    SETTING_UNKNOWN = "setting_unknown"  # a name of the environment that looks like ours
    NO_CHANNEL = "no_channel"
    ADMINS_DEAF = "admins_deaf"  # on a channel that is not served
    MAILS_UNREAD = "mails_unread"  # nobody reads the mails that ours ask for
    DATABASE_AWAY = "database_away"
    DATABASE_EMPTY = "database_empty"
    DATABASE_OLD = "database_old"
    SPACE = "space"
    CLOCK = "clock"  # it has gone back, or a former one was ahead
    NOT_RUNNING = "not_running"
    LOOP_DEAD = "loop_dead"  # its process has ended, and no other has taken over
    LOOP_FAILING = "loop_failing"
    LOOP_STUCK = "loop_stuck"
    PORT_TAKEN = "port_taken"
    CHANNEL_REFUSED = "channel_refused"
    CHANNEL_AWAY = "channel_away"
    DIRECT_PAUSED = "direct_paused"  # a channel has asked for a pause of all direct messages
    MISSING = "missing"  # what a source could not give
    DAY_UNREAD = "day_unread"  # and nobody has said why
    UNMATCHED = "unmatched"
    UNPLANNED = "unplanned"
    STUCK = "stuck"  # deliveries
    HELD = "held"


SMALL = frozenset({Kind.SETTING_UNKNOWN, Kind.ADMINS_DEAF, Kind.MAILS_UNREAD})
"""What keeps nothing from working: it is told, and the bot counts as well."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong; `values` fill its sentence, `faults` are those of which the kind MISSING tells."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def is_small(self) -> bool:
        """Whether all works in spite of it."""
        return self.kind in SMALL

    @property
    def key(self) -> str:
        """What tells it from others of its kind, while its numbers grow."""
        names = (str(self.values[one]) for one in ("channel", "loop", "date", "setting") if one in self.values)
        return ":".join((self.kind, *names))


class Connection:
    """How a channel stands towards those who talk to us."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._since: float | None = None
        self._is_refused = False

    def up(self) -> None:
        """People reach us."""
        self._reason, self._since, self._is_refused = "", None, False

    def away(self, reason: str) -> None:
        """They do not, and we try again."""
        self._since = self._clock() if self._since is None else self._since
        self._reason = reason

    def refused(self, reason: str) -> None:
        """They do not, and trying again is of no use."""
        self._reason, self._is_refused = reason, True

    @property
    def refusal(self) -> str:
        """Why we are refused for good; empty when we are not."""
        return self._reason if self._is_refused else ""

    def troubles(self, channel: str) -> Iterator[Trouble]:
        """What is wrong with the channel of that name, if anything."""
        if self._is_refused:
            yield Trouble(Kind.CHANNEL_REFUSED, {"channel": channel, "reason": self._reason})
        elif self._since is not None and (much := self._clock() - self._since) >= AWAY_SECONDS:
            yield Trouble(Kind.CHANNEL_AWAY, {"channel": channel, "reason": self._reason, "n": int(much // 60)})


@dataclass(slots=True)
class _Pulse:
    begun: float | None = None
    failing: float | None = None


class Pulses:
    """Feels the pulse of each loop of a process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._pulses: dict[str, _Pulse] = {}

    @property
    def names(self) -> list[str]:
        """The loops."""
        return sorted(self._pulses)

    def felt(self, name: str, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """The same work, of which it is known how long it takes and since when it fails."""
        pulse = self._pulses.setdefault(name, _Pulse())

        async def beating() -> None:
            pulse.begun, is_well = self._clock(), False
            try:
                await work()
                is_well = True
            finally:
                pulse.failing = None if is_well else pulse.failing or pulse.begun
                pulse.begun = None

        return beating

    def troubles(self) -> Iterator[Trouble]:
        """The loops that fail or do not come back."""
        now = self._clock()
        for name, pulse in self._pulses.items():
            if pulse.begun is not None and (much := now - pulse.begun) >= BUSY_SECONDS:
                yield Trouble(Kind.LOOP_STUCK, {"loop": name, "n": int(much // 3600)})
            elif pulse.failing is not None and (much := now - pulse.failing) >= FAILING_SECONDS:
                yield Trouble(Kind.LOOP_FAILING, {"loop": name, "n": int(much // 60)})
