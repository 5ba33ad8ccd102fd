"""Pieces of Slack's Block Kit, and how many of them fit into one message. Pure.

Text of papers and people stands only in `rich_text` and `plain_text`: nothing in it is markup, so nothing has to
be escaped, nobody is called by it, and bold works beside Chinese characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

Element = dict[str, Any]
Block = dict[str, Any]
Row = Sequence[Element]

MOST_BLOCKS = 45
"""In one message; Slack takes 50: https://docs.slack.dev/reference/block-kit/blocks"""

MOST_CHARACTERS = 10_000
"""In one message. Slack's own limit is not documented; about 12,000 are refused with `msg_blocks_too_long`:
https://github.com/slackapi/bolt-js/issues/2509"""

_MOST_SAID = 3_900
"""Characters beside the blocks of one message; an edit takes 4,000:
https://docs.slack.dev/reference/methods/chat.update#arguments"""

_PIECE = 2_800  # of one block: the smallest unit that is moved to the next message
_SMALL = 1_900  # of a block in small print; Slack takes 2,000 characters of text in an element
_BUTTON = 75
_COUNTED = frozenset({"text", "url", "value", "action_id"})


def words(text: str, url: str = "", **style: bool) -> Element:
    """Some text, or a link under it; `bold=True` or `italic=True`."""
    element: Element = {"type": "link", "url": url, "text": text} if url else {"type": "text", "text": text}
    return element | ({"style": style} if style else {})


def paragraphs(rows: Iterable[Row], last: Element | None = None) -> list[Block]:
    """Lines as blocks of bearable size: a line is cut only if it is longer than a block; `last` ends the last."""
    blocks = [elements for elements, _ in _filled(rows)]
    if last and blocks:
        blocks[-1].append(last)
    return [_rich_text(elements) for elements in blocks]


def groups(rows: Iterable[Row]) -> list[Group]:
    """The same, each block a group of its own."""
    return [
        Group((_rich_text(elements),), (size,), _sayable("".join(one["text"] for one in elements)))
        for elements, size in _filled(rows)
    ]


def listed(items: Sequence[Item], first: int) -> list[Group]:
    """A numbered list, from `first` on, in blocks of bearable size; an item is no longer than a block."""
    made: list[Group] = []
    held: list[Item] = []
    size = 0
    for number, item in enumerate(items, first):
        if held and size + item.cost > _PIECE:
            made.append(_list(held, number - len(held), size))
            held, size = [], 0
        held.append(item)
        size += item.cost
    if held:
        made.append(_list(held, first + len(items) - len(held), size))
    return made


def _list(items: Sequence[Item], first: int, size: int) -> Group:
    rows = [{"type": "rich_text_section", "elements": item.elements} for item in items]
    block = {"type": "rich_text_list", "style": "ordered", "offset": first - 1, "elements": rows}
    said = "\n".join(f"{number}. {item.said}" for number, item in enumerate(items, first))
    return Group(({"type": "rich_text", "elements": [block]},), (size,), _sayable(said))


def _filled(rows: Iterable[Row]) -> Iterator[tuple[list[Element], int]]:
    """The elements of each block of lines, and what they cost."""
    elements: list[Element] = []
    total = room = 0
    for row in rows:
        pieces = [sized for element in row for sized in _pieces(element)]
        if room < sum(size + 1 for _, size in pieces) <= _PIECE:
            room = 0
        for number, (piece, size) in enumerate(pieces):
            if size + 1 > room:
                if elements:
                    yield elements, total
                elements, total, room = [], 0, _PIECE
            elif number == 0:
                elements.append(words("\n"))
                total += 1
            elements.append(piece)
            total += size
            room -= size + 1
    if elements:
        yield elements, total


def _rich_text(elements: list[Element]) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _pieces(element: Element) -> Iterator[tuple[Element, int]]:
    """An element in pieces that fit into a block each, and what they cost; cut at spaces where there are any."""
    rest, link = element["text"], units(element.get("url", ""))
    room = _PIECE - link - 1
    if not rest:
        return
    if (size := units(rest)) <= room:
        yield element, size + link
        return
    while units(rest) > room:
        most = room // 2  # characters outside of the basic plane count twice
        cut = rest.rfind(" ", most // 2, most) + 1 or most
        yield element | {"text": rest[:cut]}, units(rest[:cut]) + link
        rest = rest[cut:]
    if rest:
        yield element | {"text": rest}, units(rest) + link


def escaped(text: str) -> str:
    """Plain text where Slack would read mark-up: https://docs.slack.dev/messaging/formatting-message-text"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """The beginning of a text that has more characters than that, as Slack counts them."""
    while units(text) > most:
        text = text[: len(text) - 2 - (units(text) - most) // 2] + "…"
    return text


def code(text: str) -> Block:
    """A text in the letters of code, as it is."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [words(text)]}]}


def small(lines: Iterable[str]) -> list[Block]:
    """Lines in small print, as plain text: in one block, if they are not very long."""
    text, blocks = "\n".join(filter(None, lines)), []
    while text:
        cut = len(text)
        while units(text[:cut]) > _SMALL:
            cut = text.rfind(" ", cut // 3, cut * 2 // 3) + 1 or cut // 2
        element = {"type": "plain_text", "text": text[:cut], "emoji": False}
        blocks.append({"type": "context", "elements": [element]})
        text = text[cut:]
    return blocks


DIVIDER: Block = {"type": "divider"}


def button(label: str, action: str, value: str, **more: Any) -> Element:
    """A button; what it is for comes back as its value."""
    text = {"type": "plain_text", "text": label[:_BUTTON], "emoji": False}
    return {"type": "button", "text": text, "action_id": action, "value": value, **more}


def buttons(elements: Sequence[Element]) -> Block:
    """A row of buttons, 25 at the most."""
    return {"type": "actions", "elements": list(elements)}


def cost(piece: Element) -> int:
    """The characters of an element or block that Slack may count: texts, addresses and values."""
    total = 0
    for key, value in piece.items():
        if isinstance(value, str):
            total += units(value) if key in _COUNTED else 0
        elif isinstance(value, dict):
            total += cost(value)
        elif isinstance(value, list):
            total += sum(cost(one) for one in value if isinstance(one, dict))
    return total


class Group(NamedTuple):
    """Blocks that stay together if they can, what each of them costs, and what they say without their markup."""

    blocks: tuple[Block, ...]
    costs: tuple[int, ...]
    said: str  # escaped


class Item(NamedTuple):
    """An item of a list, what it costs, and what it says without its markup."""

    elements: Row
    cost: int
    said: str


class Message(NamedTuple):
    """One message: its blocks, and what notifications and screen readers get instead of them."""

    blocks: list[Block]
    said: list[str]  # escaped

    @property
    def text(self) -> str:
        """As much of what is said as a message may say."""
        ends = accumulate(units(each) + 1 for each in self.said)
        return "\n".join(each for each, end in zip(self.said, ends, strict=True) if end <= _MOST_SAID + 1)


def item(elements: Row) -> Item:
    """An item of a list."""
    return Item(elements, sum(map(cost, elements)), "".join(one["text"] for one in elements).replace("\n", " · "))


def group(*blocks: Block, said: str = "") -> Group:
    """Blocks that stay together if they can, and what is `said` of them."""
    return Group(blocks, tuple(map(cost, blocks)), _sayable(said))


def _sayable(text: str) -> str:
    """A text escaped, as much of it as may be said at once: less than all only of texts that no paper has."""
    while units(said := escaped(text)) > _MOST_SAID:
        text = text[: len(text) * 4 // 5] + "…"
    return said


def packed(groups: Iterable[Group], *, says_all: bool = True) -> list[Message]:
    """Groups of blocks in as few messages as they fit; a group is divided only if it fits into none.

    Unless each message `says_all` that is in it, what its text has no room for takes no further messages.
    One block and 100 characters of each message stay free for its number.
    """
    messages: list[Message] = []
    size = said_size = 0
    for blocks, costs, said in groups:
        fits = _fits(len(blocks), sum(costs))
        runs = (
            [(blocks, sum(costs))] if fits else [((one,), each) for one, each in zip(blocks, costs, strict=True)]
        )
        for number, (run, more) in enumerate(runs):
            text = said if number == 0 else ""
            is_sayable = not says_all or said_size + units(text) <= _MOST_SAID
            if not (messages and is_sayable and _fits(len(messages[-1].blocks) + len(run), size + more)):
                messages.append(Message([], []))
                size = said_size = 0
            messages[-1].blocks.extend(run)
            messages[-1].said.extend([text] if text else [])
            size += more
            said_size += units(text) + 1
    return messages


def _fits(blocks: int, characters: int) -> bool:
    return blocks < MOST_BLOCKS and characters <= MOST_CHARACTERS - 100


def units(text: str) -> int:
    """Characters as JavaScript counts them."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
