"""Discord's markdown and Discord's units: untrusted text made harmless, measured, and cut where it may be cut.

https://docs.discord.com/developers/reference#message-formatting
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.text.normal import is_han

_SPECIAL = re.compile(r"[\\*_~`|<>\[\]@]|:(?=//|\w+:)|^[#+-](?=[# ])|^([0-9]+)\.(?= )")
_ATOM = re.compile(r"\*\*(?:\\.|[^\\*])+\*\*|\\.|.", re.DOTALL)
_MARK = 80  # characters
_CLOSING = frozenset("，。、；：？！）》」』】…,.;:?!)")


def escaped(text: str) -> str:
    """One line of untrusted text that formats nothing, pings nobody, and links nowhere.

    A backslash takes the meaning of any mark: also of the colon that makes a link of `https://` or an emoji
    of `:smile:`, and of what begins a list or a heading.
    """
    return _SPECIAL.sub(lambda found: f"{found[1]}\\." if found[1] else f"\\{found[0]}", text)


def marked(runs: Iterable[tuple[str, bool]]) -> str:
    """Untrusted text in runs, marked ones in bold, except runs that may have to be cut."""
    return "".join(
        f"**{escaped(run)}**" if is_marked and len(run) <= _MARK else escaped(run) for run, is_marked in runs
    )


def units(text: str) -> int:
    """The length as Discord may count it: UTF-16 units, which are never fewer than characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(markdown: str, limit: int) -> list[str]:
    """Markdown in pieces of at most `limit` units, cut between words if it can be, never in an escape or mark."""
    if units(markdown) <= limit:
        return [markdown]
    return list(_cut(markdown, limit))


def _cut(markdown: str, limit: int) -> Iterator[str]:
    piece: list[str] = []
    size, stop = 0, 0  # `stop`: how many atoms stand before the last place where a cut is good
    for atom in _ATOM.findall(markdown):
        while piece and size + units(atom) > limit:
            at = stop or len(piece)
            if cut := "".join(piece[:at]).strip():
                yield cut
            piece = piece[at:]
            size, stop = sum(map(units, piece)), 0
        piece.append(atom)
        size += units(atom)
        if atom.isspace() or atom in _CLOSING or is_han(atom):
            stop = len(piece)
    if rest := "".join(piece).strip():
        yield rest
