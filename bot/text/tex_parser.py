"""How TeX is read: one pass over the text, groups and arguments as stretches of their own.

It knows brackets and arguments; what the commands mean is told to it by `latex`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.text.masking import URL

_DEEPEST = 30  # braces in braces; what is deeper stays as it was typed

_IN_TEXT = re.compile(
    rf"(?P<link>{URL})|\\(?P<command>[A-Za-z]+|.)|(?P<dollar>\$\$?)|(?P<brace>\{{)"
    r"|(?P<quote>(?<!`)``(?!`)|(?<=\S)(?<!')''(?!'))|(?P<dash>(?<!-)-{2,3}(?!-))|(?P<tie>~)",
    re.DOTALL,
)
_IN_MATH = re.compile(
    r"\\(?P<command>[A-Za-z]+|.)|(?P<brace>\{)|(?P<script>[\^_])|(?P<prime>'+)|(?P<tie>~)", re.DOTALL
)
_OPTION_BEFORE_GROUP = re.compile(r"\[[^\[\]{}$\\]*\](?=\{)")
_INFIX = re.compile(r"\\(?:over|choose|atop|above|brack|brace)(?![A-Za-z])")
_OUTSIDE = re.compile(r"\\([A-Za-z]+|.)|\{", re.DOTALL)
_BRACKET = re.compile(r"\\.|[{}]", re.DOTALL)
_BLANK = re.compile(r"\s*")
_LINK_ESCAPE = re.compile(r"\\([_%&#~])(?:\{\})?")


class TexSource:
    """Raw text, where each of its brackets closes, and what commands and marks mean.

    `infixes` are the commands that stand between what they apply to: `{a \\over b}`.
    """

    def __init__(
        self, raw: str, commands: Mapping[str, Meaning], marks: Mapping[str, Meaning], infixes: Mapping[str, Infix]
    ) -> None:
        self.raw, self.commands, self.marks = raw, commands, marks
        self.infixes = infixes if _INFIX.search(raw) else {}
        self.first_quote = raw.find("``")
        self.closes: dict[int, int] = {}
        opened: dict[str, list[int]] = {"{": [], r"\(": [], r"\[": []}
        openers = {"}": "{", r"\)": r"\(", r"\]": r"\["}
        for bracket in _BRACKET.finditer(raw):
            if bracket[0] in opened:
                opened[bracket[0]].append(bracket.start())
            elif bracket[0] in openers and opened[openers[bracket[0]]]:
                self.closes[opened[openers[bracket[0]]].pop()] = bracket.start()


class TexParser:
    """One stretch of TeX, read from left to right.

    `at` is the next character to read, `out` the output so far, without empty strings. No character is read more
    than once on one level, and the levels are bounded: the time is linear.
    """

    def __init__(self, source: TexSource, at: int, end: int, *, math: bool = False, depth: int = 0) -> None:
        self.source, self.raw = source, source.raw
        self.at, self.end = at, end
        self.math, self.depth = math, depth
        self.out: list[str] = []

    def all(self) -> str:
        """Read to the end of the stretch."""
        if self.depth > _DEEPEST:
            return self.raw[self.at : self.end]
        if self.math and self.source.infixes and (whole := self._around_infix()) is not None:
            return whole
        special = _IN_MATH if self.math else _IN_TEXT
        while found := special.search(self.raw, self.at, self.end):
            self.put(self.raw[self.at : found.start()])
            self._step(found)
        self.put(self.raw[self.at : self.end])
        return "".join(self.out)

    def _around_infix(self) -> str | None:
        """What a command between two parts of this stretch makes of them; None when there is none."""
        at = self.at
        while found := _OUTSIDE.search(self.raw, at, self.end):
            at = found.end()
            if found[0] == "{":
                close = self.closing(found.start())
                at = at if close is None else close + 1
            elif (shape := self.source.infixes.get(found[1] or "")) is not None:
                first = self.inside(self.at, found.start(), math=True)
                self.at = at
                self.skip()
                return shape(first.strip(), self.inside(self.at, self.end, math=True).strip())
        return None

    def put(self, text: str) -> None:
        if text:
            self.out.append(text)

    def put_typed(self, start: int) -> None:
        """Put the characters since `start` as they were typed."""
        self.put(self.raw[start : self.at])

    def last(self) -> str:
        """The character that was put last; "" at the beginning."""
        return self.out[-1][-1] if self.out else ""

    def next(self) -> str:
        """The character to be read next; "" at the end."""
        return self.raw[self.at] if self.at < self.end else ""

    def skip(self, pattern: re.Pattern[str] = _BLANK) -> re.Match[str] | None:
        """Read what a pattern matches here; by default, white space."""
        found = pattern.match(self.raw, self.at, self.end)
        self.at = found.end() if found else self.at
        return found

    def inside(self, start: int, end: int, *, math: bool) -> str:
        """Read another stretch."""
        return TexParser(self.source, start, end, math=math, depth=self.depth + 1).all()

    def closing(self, start: int) -> int | None:
        """Where the bracket that opens at `start` closes, if it does so within this stretch."""
        close = self.source.closes.get(start, self.end)
        return close if close < self.end else None

    def argument(self, *, math: bool | None = None) -> str | None:
        """Read what a command applies to: a group, another command, or one character; None if there is none."""
        before = self.at
        self.skip()
        char = self.next()
        close = self.closing(self.at) if char == "{" else None
        if close is not None:
            start, self.at = self.at + 1, close + 1
            return self.inside(start, close, math=self.math if math is None else math)
        if char == "\\" and (command := self._command()) is not None:
            return command
        if not char or char in "{}$^_&~\\":
            self.at = before
            return None
        self.at += 1
        return char

    def verbatim(self) -> str | None:
        """Read a group as it was typed, for a link; None if there is none."""
        start = self.at
        close = self.closing(start) if self.next() == "{" else None
        if close is None:
            return None
        self.at = close + 1
        return _LINK_ESCAPE.sub(r"\1", self.raw[start + 1 : close].strip())

    def _command(self) -> str | None:
        """Read one command with its own arguments."""
        found = _IN_MATH.match(self.raw, self.at, self.end)
        if found is None or self.depth >= _DEEPEST:
            return None
        child = TexParser(self.source, self.at, self.end, math=self.math, depth=self.depth + 1)
        child._step(found)
        self.at = child.at
        return "".join(child.out)

    def _step(self, found: re.Match[str]) -> None:
        self.at = found.end()
        kind = found.lastgroup or ""
        if kind == "command":
            self.source.commands.get(found[kind], TexParser.unknown)(self, found[kind])
        else:
            self.source.marks[kind](self, found[0])

    def unknown(self, name: str) -> None:
        """Keep what is not known as it was typed, its groups in their braces: `\\foo{A}_2` is no `\\fooA₂`."""
        self.put("\\" + name)
        if name.isalpha() and (option := self.skip(_OPTION_BEFORE_GROUP)):
            self.put(option[0])
        while name.isalpha() and self.next() == "{" and (close := self.closing(self.at)) is not None:
            inside = self.inside(self.at + 1, close, math=self.math)
            self.at = close + 1
            self.put(f"{{{inside}}}")


Infix = Callable[[str, str], str]
"""Puts two parts together."""

Meaning = Callable[[TexParser, str], None]
"""Puts what a command or mark means; gets its name, has read only the name."""
