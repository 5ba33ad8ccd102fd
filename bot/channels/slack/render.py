"""A digest, or the answer to a command, as messages of Slack. Pure.

A digest is one message with the list of its papers, and its cards in the thread under it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.channels import Attachment, Reply
from bot.channels.slack.blocks import (
    Block,
    Element,
    Group,
    Message,
    Row,
    button,
    buttons,
    code,
    cost,
    cut,
    escaped,
    group,
    groups,
    note,
    packed,
    paragraphs,
    units,
    words,
)
from bot.digest import Card, Digest
from bot.locale import say
from bot.model import Language, Subscription
from bot.presentation.cards import PAGE, cards_lines, digest_lines, further_lines, interface
from bot.presentation.lines import CardLines, NamedLines, Passage
from bot.text.harmless import harmless
from bot.verbs import PREFIX, Verb

COMMAND = "command"
"""The action of every button whose value is a command as people type it; what follows it is unique in its row."""

_PAUSES = 3  # buttons: one for each subscription that found the paper
_FULL = 5  # cards in an answer; more of them are named in one line each
_NAME = 1_400
"""Characters of a paper that is named in one line. Slack lets an answer have five messages, which a page of
`today` never needs: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""
_NOTHING = "—"
_CODE, _CODE_BLOCK = 30_000, 1_400
"""Characters of code in an answer, which fit into its five messages; and half of what one block of it has."""
_TEXT_LIMIT = 3_000  # characters of the text beside the blocks of an answer


def digest_bodies(digest: Digest) -> tuple[str, ...]:
    """The messages of a digest, numbered: the first is posted, the others are its thread."""
    lines = digest_lines(digest)
    head: list[Row] = [[words(lines.title, bold=True)]]
    head += [[words(each)] for each in (*(said.text for said in lines.nothing), lines.coverage) if each]
    head += [[words(each.replace("⚠", "🔴", 1), bold=True)] for each in lines.warnings]
    head += [[words(lines.provenance)]] if lines.provenance else []
    titles = [_title_row(card, number) for number, card in enumerate(lines.cards, 1)]
    foot: list[Row] = [[words(lines.more, bold=True)]] if lines.more else []
    foot += [[words(each.id, each.url), words(f" {each.said}", italic=True)] for each in lines.changes]
    foot += [[words(lines.open, lines.link)]] if lines.link else []
    first = packed(groups([*head, *titles, *foot]))
    cards = _cards(lines.cards, digest.cards, digest.destination.language)
    named: list[Row] = [[words(lines.named, bold=True)]] if lines.named else []
    named += [_title_row(card, number) for number, card in enumerate(lines.rest, len(lines.cards) + 1)]
    named += [[words(each, bold=True)] for each in further_lines(digest, f"{PREFIX} {PAGE}")]
    thread = packed([*cards, *groups(named)])
    return _numbered([*first, *thread], lines.title)


def reply_messages(reply: Reply) -> list[Message]:
    """The answer to a command, in as many messages as Slack lets an answer have."""
    rows: list[Row] = [[words(row)] for row in harmless(reply.text).splitlines() if row.strip()]
    lines = cards_lines(reply.cards, reply.language)
    if len(lines) <= _FULL:
        whole = _cards(lines, reply.cards, reply.language)
        whole += [group(buttons(_offered(reply)))] if reply.offers else []
        whole += _code(reply.attachment, reply.language) if reply.attachment else []
        return packed([*groups(rows), *whole], says_all=False)
    titles = [_title_row(card, number) for number, card in enumerate(lines, 1)]
    return packed(groups([*rows, *titles]), says_all=False)


def _offered(reply: Reply) -> list[Element]:
    return [button(one.label, f"{COMMAND}:{one.command}", one.command) for one in reply.offers]


def _code(file: Attachment, language: Language) -> list[Group]:
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
    said = say("reply.cited_cut", interface(language), n=shown, all=len(file.pieces))
    rest = groups([[words(said)]]) if shown < len(file.pieces) else []
    return [*(group(code(one)) for one in blocks if one), *rest]


def as_text(text: str) -> str:
    """What notifications and screen readers get: plain, and no mark-up of Slack's in it."""
    return escaped(harmless(text)[:_TEXT_LIMIT])


def _numbered(messages: Sequence[Message], title: str) -> tuple[str, ...]:
    """The bodies. Screen readers hear the text and not the blocks, and telephones show it in notifications:
    https://docs.slack.dev/reference/methods/chat.postMessage#accessibility"""
    bodies = []
    for number, message in enumerate(messages, 1):
        destination = f"{number}/{len(messages)}"
        text = message.text.removeprefix(escaped(title)).lstrip()
        bodies.append(_body(f"{escaped(title)} · {destination}\n{text}", [*message.blocks, note(destination)]))
    return tuple(bodies)


def _body(text: str, blocks: Sequence[Block]) -> str:
    return json.dumps({"text": text, "blocks": blocks}, ensure_ascii=False, separators=(",", ":"))


def _title_row(card: CardLines | NamedLines, number: int) -> list[Element]:
    """A paper in one line; what is longer than any title is cut, and its marks are left out."""
    titles = [title for title in card.titles if title.text] or [Passage(card.id, "en")]
    row = _linked([_marked(title, card.url) for title in titles], number)
    if sum(map(cost, row)) <= _NAME:
        return row
    room = _NAME // len(titles) - len(card.url) - 10
    return _linked([[words(cut(title.text, room), card.url)] for title in titles], number)


def _linked(titles: Iterable[Sequence[Element]], number: int) -> list[Element]:
    row = [words(f"{number}. ")]
    for destination, title in enumerate(titles):
        row += [words(" · ")] if destination else []
        row += title
    return row


def _cards(lines: Sequence[CardLines], cards: Sequence[Card], language: Language) -> list[Group]:
    return [
        _with_buttons(_card(one, number), one.id, card.subscriptions[:_PAUSES], language)
        for number, (one, card) in enumerate(zip(lines, cards, strict=True), 1)
    ]


@lru_cache(maxsize=512)  # a day's papers go to many channels, one after the other; buttons are of each its own
def _card(lines: CardLines, number: int) -> Group:
    first, *others = lines.titles
    rows: list[Row] = [
        [words(f"{number}. ", bold=True), words(first.text or _NOTHING, bold=True)],
        *([words(title.text, bold=True)] for title in others),
        [words(lines.authors or _NOTHING)],
        [words(lines.id, lines.url), words(f" · {lines.facts}")],
    ]
    rows += [[words(each, italic=True)] for each in (lines.why, lines.missing) if each]
    rows += [_passage(one) for one in lines.notes]
    rows += [_links(lines)] if lines.links else []
    rows += [[words("\n"), *_passage(one)] for one in lines.abstracts]
    titles = " · ".join(title.text for title in lines.titles if title.text) or lines.id
    notes = (f"{note.label} {note.text}".strip() for note in lines.notes)
    return group(*paragraphs(rows), said="\n".join([f"{number}. {titles}", *notes]))


def _with_buttons(card: Group, paper: str, pauses: Sequence[Subscription], language: Language) -> Group:
    below = group(_buttons(paper, pauses, language))
    return Group(card.blocks + below.blocks, card.costs + below.costs, card.said)


def _links(lines: CardLines) -> list[Element]:
    """The ways on, in one line."""
    return [
        each
        for at, one in enumerate(lines.links)
        for each in ([words(" · ")] * bool(at) + [words(one.name, one.url)])
    ]


def _passage(passage: Passage) -> list[Element]:
    return [words(f"{passage.label}  ", bold=True), *_marked(passage)]


def _marked(passage: Passage, url: str = "") -> list[Element]:
    """A text with what it was chosen for in bold."""
    return [words(run, url, bold=True) if is_marked else words(run, url) for run, is_marked in passage.runs]


def _buttons(paper: str, pauses: Sequence[Subscription], language: Language) -> Block:
    """Both abstracts, why it came, to keep it, its authors, and no more of what found it; each is a command."""
    locale = interface(language)
    shown = [
        button(say("slack.button_abstract", locale), f"{COMMAND}:{Verb.SHOW}", f"{Verb.SHOW} {paper}"),
        button(say("slack.button_why", locale), f"{COMMAND}:{Verb.WHY}", f"{Verb.WHY} {paper}"),
        button(say("slack.button_save", locale), f"{COMMAND}:{Verb.SAVE}", f"{Verb.SAVE} {paper}"),
        button(say("slack.button_follow", locale), f"{COMMAND}:{Verb.FOLLOW}", f"{Verb.FOLLOW} {paper}"),
    ]
    shown += [
        button(
            say("slack.button_pause", locale, number=one.number),
            f"{COMMAND}:{one.number}",
            f"{Verb.PAUSE} {one.reference}",
        )
        for one in pauses
    ]
    return buttons(shown)
