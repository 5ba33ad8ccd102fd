"""The terminal as a channel: digests are printed, and commands are typed at a prompt.

The body of a part is Rich markup, one paragraph a line; the indent of a line is the indent of its paragraph.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.channels import Channel, Handle, Invocation
from bot.digest import Digest
from bot.errors import ChannelError
from bot.locale import say
from bot.model import Language
from bot.presentation.cards import cards_lines, digest_lines, further_lines
from bot.presentation.lines import CardLines, NamedLines
from bot.settings import Settings
from bot.text.harmless import harmless
from bot.verbs import PREFIX

PROMPT = "papers> "
MEASURE = 100
"""The longest line, in cells: what reads well, and the width where there is no terminal."""

_RULE = "[dim]─[/]"
_INDENT = "   "
_MARKUP = re.compile(r"(\\*)(\[[a-z#/@][^[]*?])|(\\+)(?=\[)")  # a tag with its backslashes, or backslashes only
_NEVER_FIRST = frozenset("，。、；：？！）》」』】〉”’…·%‰℃,.;:?!)]}\u200d\ufe0f")
_NEVER_LAST = frozenset("（《「『【〈“‘([{\u200d")


def channel(settings: Settings) -> Terminal:
    """The terminal of this process."""
    width = None if sys.stdout.isatty() else MEASURE
    return Terminal(Console(width=width, highlight=False), Language(settings.bot_language))


class Terminal(Channel):
    """Prints to `screen`; reads commands from `keyboard`, or from the standard input."""

    name = "console"

    def __init__(self, screen: Console, language: Language = Language.EN, keyboard: TextIO | None = None) -> None:
        self._screen = screen
        self._language = language
        self._keyboard = keyboard
        self._is_prompting = False

    def render(self, digest: Digest) -> tuple[str, ...]:
        """The whole digest as one part."""
        lines = digest_lines(digest)
        head = [_styled(lines.title_in_full, "bold"), *([_styled(lines.nothing, "")] if lines.nothing else [])]
        head += [_styled(each, "red") for each in lines.warnings]
        head += [_styled(each, "dim") for each in (lines.query, lines.coverage, lines.lack) if each]
        cards = [row for number, card in enumerate(lines.cards, 1) for row in (_RULE, *_card(card, number))]
        foot = [_RULE, _styled(lines.named, "bold"), *map(_name, lines.rest)] if lines.named else []
        foot += [_styled(each, "bold") for each in further_lines(digest)]
        foot += [_RULE] if lines.changes else []
        foot += [f"{_linked(each.url, each.id)} {_styled(each.said, 'dim')}" for each in lines.changes]
        foot += [_RULE] if lines.link or lines.provenance else []
        foot += [_linked(lines.link, lines.open)] if lines.link else []
        foot += [_styled(lines.provenance, "dim")] if lines.provenance else []
        return ("\n".join([*head, *cards, *foot]),)

    def preview(self, bodies: Sequence[str]) -> str:
        """What would be printed, without colours."""
        return "\n\n".join(self._laid_out(body).plain for body in bodies)

    async def send(self, address: str, body: str, key: str) -> str:
        """Print one part under the name it is for; there is one terminal, whatever the address."""
        self._print(Text.assemble((f"→ {harmless(address)}\n", "bold cyan"), self._laid_out(body), "\n"))
        return f"printed {key}"

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Print it under the name it is for."""
        self._print(Text.assemble((f"→ {harmless(person)}\n", "bold yellow"), harmless(text), "\n"))

    async def check(self) -> str:
        """Say what the output is."""
        kind = "a terminal" if self._screen.is_terminal else "not a terminal"
        return f"console: standard output is {kind}, {self._screen.width} columns"

    async def close(self) -> None:
        """Nothing is held."""

    async def listen(self, handle: Handle) -> None:
        """Answer what is typed until `exit`, `quit` or the end of the input."""
        me = getpass.getuser()
        self._print(Text("\n".join(say("console.welcome", locale) for locale in self._language.locales)))
        async for line in self._typed():
            command = line.removeprefix(PREFIX).strip()
            if command in ("exit", "quit"):
                return
            if line:
                reply = await handle(Invocation("console", me, me, command, may_manage=True))
                rows = [_plain(row) for row in harmless(reply.text).splitlines()]
                cards = cards_lines(reply.cards, reply.language, locale=reply.interface)
                rows += [row for number, card in enumerate(cards, 1) for row in (_RULE, *_card(card, number))]
                self._print(self._laid_out("\n".join(rows)))
                if reply.attachment:  # as it is, to be copied
                    self._print(Text(harmless(reply.attachment.text)))

    async def _typed(self) -> AsyncIterator[str]:
        """Stripped lines, each after a prompt. The thread reads its own file object: a daemon thread that
        held the lock of `sys.stdin` would crash the interpreter's exit."""
        keyboard = self._keyboard or os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        def put(line: str | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, line)

        threading.Thread(target=_read, args=(keyboard, put), name="console", daemon=True).start()
        try:
            while True:
                self._prompt()
                line = await queue.get()
                self._is_prompting = False
                if line is None:
                    self._print(Text(""))
                    return
                yield line.strip()
        finally:
            self._is_prompting = False

    def _prompt(self) -> None:
        self._is_prompting = True
        self._screen.print(Text(PROMPT, "bold"), end="", soft_wrap=True)

    def _print(self, text: Text) -> None:
        try:
            if self._is_prompting:
                self._screen.print()
            with self._screen.capture() as printed:  # what a screen has refused would come with the next print
                self._screen.print(text, soft_wrap=True)
            self._screen.file.write(printed.get())
            self._screen.file.flush()
            if self._is_prompting:
                self._prompt()
        except (OSError, UnicodeError) as error:
            raise ChannelError(f"the terminal cannot show it: {error}") from error

    def _laid_out(self, body: str) -> Text:
        width = min(self._screen.width, MEASURE)
        return Text("\n").join(line for row in body.split("\n") for line in _paragraph(row, width))


def _read(keyboard: TextIO, put: Callable[[str | None], None]) -> None:
    """Hand over lines, then None; the loop may be gone before the input ends."""
    with contextlib.suppress(RuntimeError):
        for line in keyboard:
            put(line)
        put(None)


def _card(card: CardLines, number: int) -> list[str]:
    first, *others = card.titles
    soft = [card.caution, *(f"{note.lead}{note.text}" for note in card.notes), card.reason, card.head]
    dot = _styled(" · ", "dim")
    ways = [_linked(card.url), *(f"{_styled(one.name, 'dim')} {_linked(one.url)}" for one in card.links)]
    return [
        f"{_styled(f'{number}.', 'bold cyan')} {_styled(first.text, 'bold')}",
        *(_INDENT + _styled(title.text, "") for title in others),
        *([_INDENT + _styled(card.authors, "dim")] if card.authors else []),
        *(f"{_INDENT}{_styled(one.lead, 'dim')}{_styled(one.text, '')}" for one in card.lines),
        *(_INDENT + _styled(each, "dim") for each in soft if each),
        _INDENT + dot.join(ways),
        *(row for one in card.abstracts for row in ("", _INDENT + _styled(one.text, ""))),
    ]


def _linked(url: str, text: str = "") -> str:
    return f"[link={url}]{_styled(text or url, 'cyan')}[/link]"


def _name(card: NamedLines) -> str:
    """A paper in one line: its address and its titles."""
    return _styled(" · ".join([card.url, *(title.text for title in card.titles)]), "")


def _plain(row: str) -> str:
    text = row.lstrip()
    return row[: len(row) - len(text)] + _styled(text, "") if text else ""


def _styled(text: str, style: str) -> str:
    """Untrusted text as markup. Between two tags nothing in it can join with what stands around it.

    `rich.markup.escape` loses backslashes at the end of a text and before a bracket that opens no tag.
    """
    body = text.rstrip("\\")
    escaped = _MARKUP.sub(lambda found: f"{found[1] or ''}{found[1] or ''}\\{found[2] or found[3]}", body)
    return f"[{style or 'none'}]{escaped}{text[len(body) :] * 2}[/]"


def _paragraph(row: str, width: int) -> Iterator[Text]:
    """The printed lines of one line of a body."""
    if row == _RULE:
        yield Text("─" * width, "dim")
        return
    markup = row.lstrip(" ")
    indent = row[: len(row) - len(markup)]
    text = Text.from_markup(markup, emoji=False)
    for line in text.divide(_breaks(text.plain, max(width - len(indent), 2))):
        line.rstrip()
        yield Text.assemble(indent, line) if line else line


def _breaks(text: str, width: int) -> list[int]:
    """Where lines begin: after spaces, between Chinese characters, never before closing punctuation."""
    breaks: list[int] = []
    column = place = place_column = 0  # `place`: the last offset where the line may end
    for offset, char in enumerate(text):
        cells = cell_len(char)
        if offset and _may_break(text[offset - 1], char):
            place, place_column = offset, column
        while column + cells > width and column and char != " ":
            if not place_column:
                place, place_column = offset, column
            breaks.append(place)
            column, place_column = column - place_column, 0
        column += cells
    return breaks


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST or after == " ":
        return False
    return before == " " or cell_len(before) == 2 or cell_len(after) == 2
