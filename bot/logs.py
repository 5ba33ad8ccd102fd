"""Logging: one line an event, `event key=value`; the one place where secrets are hidden.

Ids are logged; abstracts, addresses and tokens are not.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable

MOST_A_MINUTE = 60
"""Warnings of one kind."""

_KIND = 40  # characters by which a kind is known
_MOST_KINDS = 1_000  # in a minute


class SecretsHidden(logging.Formatter):
    """A formatter that blots out secrets wherever they stand, tracebacks included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._secrets = sorted((one for one in secrets if one), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The line without its secrets."""
        return self.hide(super().format(record))

    def hide(self, line: str) -> str:
        """A text without its secrets."""
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


class Seldom(logging.Filter):
    """Lets a warning through so many times a minute; the first one of the next minute says how many there were."""

    def __init__(self, most: int = MOST_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._minute = 0.0
        self._counts: Counter[tuple[str, int, str]] = Counter()
        self._left_out: Counter[tuple[str, int, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is logged; ordinary ones always are."""
        if record.levelno < logging.WARNING:
            return True
        minute = self._clock() // 60
        if minute != self._minute:
            self._minute, self._left_out = minute, self._counts
            self._counts = Counter()
        kind = (record.name, record.levelno, str(record.msg)[:_KIND])
        self._counts[kind] += 1
        if len(self._counts) > _MOST_KINDS:
            return False
        if (more := self._left_out.pop(kind, 0) - self._most) > 0:
            record.msg = f"{record.msg} (and {more} more in the minute before)"
        return self._counts[kind] <= self._most


def setup(level: str, secrets: Iterable[str]) -> None:
    """Log to standard error: the bot at `level`, everything else from warnings on."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(SecretsHidden(secrets))
    stream.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("bot").setLevel(level.upper())
