"""A digest, or the answer to a command, as messages of Slack. Pure.

A digest is one message with the list of its papers, and its cards in the thread under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import orjson

from bot.channels import Attachment, Reply
from bot.channels.slack.blocks import (
    DIVIDER,
    Block,
    Element,
    Group,
    Item,
    Message,
    Row,
    button,
    buttons,
    code,
    cut,
    escaped,
    group,
    groups,
    item,
    listed,
    packed,
    paragraphs,
    small,
    units,
    words,
)
from bot.digest import Digest
from bot.locale import say
from bot.presentation.cards import PAGE, cards_lines, digest_lines, further_lines, interface
from bot.presentation.lines import CardLines, NamedLines, Passage
from bot.text.harmless import harmless
from bot.verbs import PREFIX, Verb

COMMAND = "command"
"""The action of every button whose value is a command as people type it; what follows it is unique in its row."""

SETTINGS = "open:settings"
"""The action of the button under a digest that opens the form for how digests come."""

_WHOLE = 10  # cards in a digest; those of a longer one have their abstracts behind a button
_FULL = 5  # cards in an answer; more of them are named in one line each
_NAME = 1_400
"""Characters of a paper that is named in one line. Slack lets an answer have five messages, which a page of
`today` never needs: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""
_NOTHING = "—"
_CODE, _CODE_BLOCK = 30_000, 1_400
"""Characters of code in an answer, which fit into its five messages; and half of what one block of it has."""
_TEXT_LIMIT = 3_000  # characters of the text beside the blocks of an answer


def digest_bodies(digest: Digest) -> tuple[str, ...]:
    """The messages of a digest: the first is posted, the others are its thread."""
    lines, locale = digest_lines(digest), interface(digest.destination.language)
    head: list[Row] = [[words(lines.title, bold=True)]]
    head += [[words(each)] for each in (lines.nothing, *lines.warnings) if each]
    foot: list[Row] = [[words(lines.more, f"{lines.link}#rest" if lines.link else "")]] if lines.more else []
    foot += [[words(each.id, each.url), words(f" {each.said}")] for each in lines.changes]
    below = [each for each in (lines.query, lines.coverage, lines.lack) if each]
    whole: list[Row] = [[words(lines.open, lines.link)]] if lines.link else []
    first = [*groups(head), *listed([_titles(card) for card in lines.cards], 1), *groups(foot)]
    first += [group(*small(below), said="\n".join(below))] if below else []
    first += groups(whole)
    if lines.cards:
        names = [say(f"slack.{each}", locale) for each in ("settings", "button_list")]
        ways = [button(names[0], SETTINGS, SETTINGS), button(names[1], f"{COMMAND}:{Verb.LIST}", Verb.LIST)]
        first.append(group(buttons(ways)))
    cards = _cards(lines.cards, locale, has_abstracts=len(lines.cards) <= _WHOLE)
    named = [] if lines.link else groups([[words(lines.named, bold=True)]] if lines.named else [])
    named += [] if lines.link else listed([_titles(card) for card in lines.rest], len(lines.cards) + 1)
    further = [] if lines.link else [[words(each)] for each in further_lines(digest, f"{PREFIX} {PAGE}")]
    messages = [*packed(first), *packed([*cards, *named, *groups(further)])]
    return tuple(_body(one.text, one.blocks[one.blocks[0] == DIVIDER :]) for one in messages)


def reply_messages(reply: Reply) -> list[Message]:
    """The answer to a command, in as many messages as Slack lets an answer have."""
    rows = [_said(row, reply) for row in harmless(reply.text).splitlines() if row.strip()]
    lines = cards_lines(reply.cards, reply.language, locale=reply.interface)
    if len(lines) <= _FULL:
        whole = _cards(lines, reply.interface, has_abstracts=True)
        whole += [group(buttons(_offered(reply)))] if reply.offers else []
        whole += _code(reply.attachment, reply.interface) if reply.attachment else []
        return packed([*groups(rows), *whole], says_all=False)
    return packed([*groups(rows), *listed([_titles(card) for card in lines], 1)], says_all=False)


def _said(row: str, reply: Reply) -> Row:
    return [words(row, bold=True) if row in reply.headings else words(row)]


def _offered(reply: Reply) -> list[Element]:
    return [button(one.label, f"{COMMAND}:{one.command}", one.command) for one in reply.offers]


def _code(file: Attachment, locale: str) -> list[Group]:
    """A file as code to be copied: as many of its pieces as an answer has room for, for we may upload none."""
    blocks, room, shown = [""], _CODE, 0
    for piece in file.pieces:
        text = harmless(piece)
        if (room := room - units(text)) < 0:
            break
        shown += 1
        for line in text.splitlines(keepends=True):
            for part in (line[start : start + _CODE_BLOCK] for start in range(0, len(line), _CODE_BLOCK)):
                if units(blocks[-1] + part) > _CODE_BLOCK * 2:
                    blocks.append("")
                blocks[-1] += part
    said = say("reply.cited_cut", locale, n=shown, all=len(file.pieces))
    rest = groups([[words(said)]]) if shown < len(file.pieces) else []
    return [*(group(code(one)) for one in blocks if one), *rest]


def as_text(text: str) -> str:
    """What notifications and screen readers get: plain, and no mark-up of Slack's in it."""
    return escaped(harmless(text)[:_TEXT_LIMIT])


def _body(text: str, blocks: Sequence[Block]) -> str:
    return orjson.dumps({"text": text, "blocks": blocks}).decode()


@lru_cache(maxsize=2048)  # many readers have the same papers in their lists
def _titles(card: CardLines | NamedLines) -> Item:
    """A paper in one item of a list: its titles, the first as its link; what is longer than any title is cut."""
    first, *others = [title.text for title in card.titles if title.text] or [card.id]
    row = item([words(first, card.url, bold=True), *(words(f"\n{each}") for each in others)])
    if row.cost <= _NAME:
        return row
    room = (_NAME - len(card.url)) // (len(others) + 1) - 10
    return item(
        [words(cut(first, room), card.url, bold=True), *(words(f"\n{cut(each, room)}") for each in others)]
    )


def _cards(lines: Sequence[CardLines], locale: str, *, has_abstracts: bool) -> list[Group]:
    return [_card(one, number, locale, has_abstracts) for number, one in enumerate(lines, 1)]


@lru_cache(maxsize=512)  # a day's papers go to many channels, one after the other
def _card(lines: CardLines, number: int, locale: str, has_abstracts: bool) -> Group:
    first, *others = lines.titles
    rows: list[Row] = [
        [words(f"{number}. ", bold=True), words(first.text or _NOTHING, lines.url, bold=True)],
        *([words(title.text)] for title in others),
        *([words(one.lead), *_marked(one)] for one in lines.lines),
    ]
    notes = (f"{note.lead}{note.text}" for note in lines.notes)
    soft = small([lines.authors, lines.caution, *notes, lines.reason])
    below: list[Row] = [[words(f"{lines.head} · " if lines.links else lines.head), *_links(lines)]]
    below += [[words("\n"), *_marked(one)] for one in lines.abstracts if has_abstracts]
    titles = " · ".join(title.text for title in lines.titles if title.text) or lines.id
    said = "\n".join([f"{number}. {titles}", *(f"{one.lead}{one.text}" for one in lines.lines)])
    ways = _buttons(lines, locale, is_folded=bool(lines.abstracts) and not has_abstracts)
    return group(DIVIDER, *paragraphs(rows), *soft, *paragraphs(below), ways, said=said)


def _links(lines: CardLines) -> list[Element]:
    """The ways on, in one line."""
    return [
        each
        for at, one in enumerate(lines.links)
        for each in ([words(" · ")] * bool(at) + [words(one.name, one.url)])
    ]


def _marked(passage: Passage) -> list[Element]:
    """A text with what it was chosen for in bold."""
    return [words(run, bold=True) if is_marked else words(run) for run, is_marked in passage.runs]


def _buttons(lines: CardLines, locale: str, *, is_folded: bool) -> Block:
    """To read its abstracts where they are not shown, to keep it, and to follow its authors; each is a command."""
    verbs = {Verb.SHOW: is_folded, Verb.SAVE: True, Verb.FOLLOW: bool(lines.authors)}
    return buttons(
        [
            button(say(f"slack.button_{verb}", locale), f"{COMMAND}:{verb}", f"{verb} {lines.id}")
            for verb, is_there in verbs.items()
            if is_there
        ]
    )
