"""Every exception that the bot raises on purpose.

::

    SudiError
    ├── SettingsError      the environment is wrong: one line per fault; the start stops
    ├── UserError          a person can mend it: a key of the locale and its values
    │   └── QueryError     the query cannot be read: where, and what to type instead
    ├── SourceError        a listing could not be had, or is not what was asked for
    ├── MaskError          a text came back without its placeholders: it must be made again
    ├── ChannelError       a channel did not take a part: permanent, or try again later
    ├── LeaseLostError     what we were about to do may be somebody else's by now: leave it
    ├── MakerError         who makes texts did not: for this paper, for now, or for this run
    ├── PortError          an address of ours cannot be listened at
    └── StoreError         the database is unusable: locked by another process, not migrated

Anything else that escapes is a bug. `exit_code` tells who starts the process what to do about it, as
https://man.freebsd.org/cgi/man.cgi?query=sysexits has it: 75 to try again, 78 to configure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

TRY_AGAIN = 75
CONFIGURE = 78


class SudiError(Exception):
    """The root: catch it at an edge that must go on."""

    exit_code: ClassVar[int] = 2


class SettingsError(SudiError):
    """The environment is wrong; `faults` has one printable line for each fault."""

    exit_code = CONFIGURE

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class UserError(SudiError):
    """Something that a person can mend: `key` names a sentence of the locale, `args` fills it.

    Values may be strings or numbers; they are untrusted text and are never formatted as markup.
    """

    def __init__(self, key: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.values: Mapping[str, object] = dict(values or {})

    def __str__(self) -> str:
        return f"{self.key} {dict(self.values)}" if self.values else self.key


class QueryError(UserError):
    """A query that cannot be read; `position` is an offset in characters into what was typed."""

    def __init__(self, key: str, values: Mapping[str, object] | None = None, position: int = 0) -> None:
        super().__init__(key, values)
        self.position = position


class SourceError(SudiError):
    """A listing that could not be had, or that is not what was asked for.

    Nothing of that category may be marked as seen. `category` is a code, or `all`; `reason` is one
    sentence for the admin, cut where it quotes too much; `retry_after` says how long the source asked us to wait,
    if it did.
    """

    _LONGEST = 400  # characters

    def __init__(self, category: str, reason: str, retry_after: timedelta | None = None) -> None:
        reason = reason if len(reason) <= self._LONGEST else f"{reason[: self._LONGEST - 1]}…"
        super().__init__(f"{category}: {reason}")
        self.category = category
        self.reason = reason
        self.retry_after = retry_after


class MaskError(SudiError):
    """A translation has a placeholder missing, doubled or invented; the message says which."""


class ChannelError(SudiError):
    """A channel did not take a part; the error carries the decision.

    `permanent`: the destination itself is refused (unknown mailbox, deleted channel): it is paused,
    its subscriptions are kept and its owner is told. Otherwise the part is tried again, not before
    `retry_after` if the channel named a time, for which everybody in its rate limit scope waits, or
    `again_in`, for which nobody else does. `ambiguous`: the part may have arrived all the same.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        again_in: timedelta | None = None,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.again_in = again_in
        self.ambiguous = ambiguous


class LeaseLostError(SudiError):
    """We were away for longer than our lease: nothing more may be done under it."""


class MakerError(SudiError):
    """No text was made; the error carries the decision.

    `is_final`: this paper is refused, and asking again is of no use. `rest`: ask for nothing at all for that
    long. `again`: ask once more at once. Otherwise the paper is tried again later. `billed`: the tokens and the
    cost of what failed.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        rest: timedelta | None = None,
        again: bool = False,
        billed: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.rest = rest
        self.again = again
        self.billed = billed


class PortError(SudiError):
    """An address cannot be listened at, as while another process has it; the message names the setting."""

    exit_code = TRY_AGAIN


class StoreError(SudiError):
    """The database cannot be used as it is; the message says what to do."""

    exit_code = TRY_AGAIN


class InUseError(StoreError):
    """Another process has the database alone."""
