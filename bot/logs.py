"""Logging: one line an event, with its values; the one place where secrets are hidden.

Calls are written as `log.info("event key=%s", value)`. From that come logfmt (https://brandur.org/logfmt), with
quotes where a value needs them, and JSON. Ids are logged; abstracts, addresses and tokens are not.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

MOST_A_MINUTE = 60
"""Warnings of one kind."""

_KIND = 40  # characters by which a kind is known
_MOST_KINDS = 1_000  # in a minute
_SHORT = 8  # characters below which a secret is looked for as a whole word: it may be an ordinary one
_EVENT = re.compile(r"(\w+)(?: (\w+=.*))?", re.DOTALL)
_PAIR = re.compile(r"(\w+)=(.*?)(?=\s\w+=|\Z)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_BARE = re.compile(r'[^\s"=\\]+')

_TAKEN = ("time", "level", "logger", "event", "traceback")

Format = Literal["logfmt", "json"]


class Lines(logging.Formatter):
    """A formatter that writes a line for people and programs, and blots out secrets, tracebacks included."""

    def __init__(self, secrets: Iterable[str], form: Format = "logfmt") -> None:
        super().__init__()
        self._form = form
        whole = sorted({one for one in secrets if one}, key=len, reverse=True)
        marked = [re.escape(one) if len(one) >= _SHORT else rf"(?<!\w){re.escape(one)}(?!\w)" for one in whole]
        self._secret = re.compile("|".join(marked)) if marked else None

    def format(self, record: logging.LogRecord) -> str:
        """The line without its secrets."""
        event, values = _values(record)
        lines = [self.formatException(record.exc_info)] if record.exc_info else []
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": when, "level": record.levelname.lower(), "logger": record.name, "event": event}
        row = {name: self.hide(value) for name, value in {**head, **values}.items()}
        if self._form == "json":
            traceback = {"traceback": self.hide(lines[0])} if lines else {}
            return json.dumps(row | traceback, ensure_ascii=False)
        shown = [row.pop(name) for name in ("time", "level", "logger")]
        shown.append(row.pop("event") if _BARE.fullmatch(event) else _pair("message", row.pop("event")))
        return "\n".join([" ".join([*shown, *(_pair(*one) for one in row.items())]), *map(self.hide, lines)])

    def hide(self, line: str) -> str:
        """A text without its secrets."""
        return self._secret.sub("***", line) if self._secret else line


def _values(record: logging.LogRecord) -> tuple[str, dict[str, str]]:
    """The event and its values; a record that is not written so, as those of libraries, is all event."""
    template = str(record.msg)
    found = _EVENT.fullmatch(template)
    args = record.args if isinstance(record.args, tuple) else ()
    if found is None or len(_PLACEHOLDER.findall(template.replace("%%", ""))) != len(args):
        return record.getMessage(), {}
    values, rest = {}, list(args)
    for name, value in _PAIR.findall(found[2] or ""):
        mine = [rest.pop(0) for _ in _PLACEHOLDER.findall(value.replace("%%", ""))]
        values[name if name not in _TAKEN else f"{name}_"] = value % tuple(mine) if mine else value
    return found[1], values


def _pair(name: str, value: str) -> str:
    return f"{name}={value if _BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)}"


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
            record.msg = f"{record.msg} left_out={more}"
        return self._counts[kind] <= self._most


def setup(level: str, secrets: Iterable[str], form: Format = "logfmt", *, is_quiet: bool = False) -> None:
    """Log to standard error: the bot at `level`, all else from warnings on; `is_quiet` shows errors alone."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setLevel(logging.ERROR if is_quiet else logging.DEBUG)
    stream.setFormatter(Lines(secrets, form))
    stream.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("bot").setLevel(level.upper())
