"""The terminal under the contract: a screen in memory."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.channels.console import Terminal
from bot.settings import Settings
from tests.channels import cards
from tests.channels.subjects import Counterpart, Shown, Subject


class _Screen(Counterpart):
    """What was printed, between the names that it is for; it can be away for one message."""

    def __init__(self) -> None:
        self._out = io.StringIO()
        self.channel = Terminal(Console(file=self, width=100, highlight=False))  # type: ignore[arg-type]
        self._is_away = False

    def write(self, text: str) -> int:
        if self._is_away:
            self._is_away = False
            raise OSError("the terminal is gone")
        return self._out.write(text)

    def flush(self) -> None:
        """Nothing waits."""

    def arrived(self) -> list[str]:
        return self._out.getvalue().split("→ ada\n")[1:]

    def refuse(self) -> None:
        raise NotImplementedError

    def fail_once(self) -> None:
        self._is_away = True

    def lose_an_answer(self) -> None:
        raise NotImplementedError


class _Subject(Subject):
    def settings(self) -> Settings:
        return cards.settings()

    def shown(self, body: str) -> Shown:
        rows = [Text.from_markup(row, emoji=False) for row in body.split("\n")]
        styles = (str(span.style) for row in rows for span in row.spans)
        links = frozenset(style.removeprefix("link ") for style in styles if style.startswith("link "))
        named = frozenset(
            word for row in rows for word in row.plain.split() if word.startswith("https://arxiv.org/")
        )
        return Shown("\n".join(row.plain for row in rows if row.plain != "─"), links | named)

    def faults(self, body: str) -> list[str]:
        return [] if body.isprintable() or "\x1b" not in body else ["an escape sequence"]

    @asynccontextmanager
    async def counterpart(self, folder: Path) -> AsyncIterator[Counterpart]:
        yield _Screen()


def subject() -> Subject:
    return _Subject("ada", unable="a terminal knows nobody and gives no answers")
