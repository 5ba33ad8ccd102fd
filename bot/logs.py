"""Logging: one line an event, `event key=value`; the one place where secrets are hidden.

Ids are logged; abstracts, addresses and tokens are not.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable


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


def setup(level: str, secrets: Iterable[str]) -> None:
    """Log to standard error: the bot at `level`, everything else from warnings on."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(SecretsHidden(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("bot").setLevel(level.upper())
