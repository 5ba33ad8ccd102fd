"""A digest and its cards as bodies of messages, inside every limit of Discord, with nothing cut. Pure.

A card is an embed: its link is a field of its own and can only come from the metadata. Abstracts of long digests
are folded behind a button. What does not fit into one embed goes on in the next one, numbered.

https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from bot.channels.discord.markup import escaped, marked, pieces, units
from bot.digest import Card, Digest
from bot.locale import say
from bot.model import Language
from bot.presentation.cards import cards_lines, digest_lines, further_lines, interface
from bot.presentation.lines import CardLines, ChangeLines, DigestLines, NamedLines, Passage
from bot.verbs import PREFIX, Verb

Body = dict[str, Any]
"""The JSON of one message, as `POST /channels/{id}/messages` takes it."""

Style = Literal["thread", "flat"]

CONTENT, TITLE, DESCRIPTION, EMBEDS, TOGETHER = 2_000, 256, 4_096, 10, 6_000
"""Discord's limits; the last one holds for all texts of all embeds of a message."""

_WHOLE = 10  # cards in a digest; those of a longer one have their abstracts behind a button
_CARDS = 5  # of a message: as many rows of buttons as it takes
_ROW = 1_900  # units of one paragraph
_ROOM_FOR_MORE = 250  # units in the root for the line that says how many titles are not listed
_FOOTER = 600  # Discord takes 2,048
_LABEL = 80  # of a button
_NO_LABEL = re.compile(r"[\[\]\\<>]|://")


@dataclass(frozen=True, slots=True)
class _EmbedBlock:
    """One embed, and the buttons of its card, if it opens one."""

    embed: Body
    buttons: tuple[Body, ...] = ()

    @property
    def size(self) -> int:
        """Units, as they count together."""
        footer = self.embed.get("footer", {}).get("text", "")
        return sum(map(units, (self.embed.get("title", ""), self.embed["description"], footer)))


def digest_messages(digest: Digest, style: Style) -> tuple[list[Body], str]:
    """The messages of a digest, and the name of the thread that all but the first belong into, if any.

    A direct message has no threads.
    """
    lines = digest_lines(digest)
    locale = interface(digest.destination.language)
    is_direct = digest.destination.address.startswith("@")
    prefix = "/my" if is_direct else PREFIX  # which is not offered there
    lines = replace(lines, nothing=lines.nothing.replace(PREFIX, prefix))
    named = _row(lines.named, "**{}**")
    named += [row for card in lines.rest for row in _brief(card)]
    further = further_lines(digest, f"{prefix} {Verb.TODAY} date:{{0.date}} page:{{0.page}}")
    named += [row for each in further for row in _row(each, "**{}**")]
    changes = [row for each in lines.changes for row in _row(each.said, _linked(each))]
    rest = (changes,) if lines.link else (named, changes)
    last = [_EmbedBlock(_embed(text)) for rows in rest for text in _joined(rows, DESCRIPTION)]
    cards = _cards(lines.cards, locale, is_whole=len(lines.cards) <= _WHOLE)
    if style == "thread" and lines.cards and not is_direct:
        messages = [*_messages(cards), *_messages(last)]  # buttons come last in a message: right under their cards
        return [_named(lines, _root(lines), locale), *messages], lines.title
    blocks = [*cards, *last]
    blocks += [_EmbedBlock(_embed(each)) for each in _opening(lines)]
    above = _joined([*_row(lines.query), *_row(lines.coverage), *_head(lines)], DESCRIPTION)
    first, *others = _messages([*(_EmbedBlock(_embed(text)) for text in above), *blocks]) or [_message()]
    return [_named(lines, first, locale), *others], ""


def cards_messages(cards: Sequence[Card], language: Language, locale: str = "") -> list[Body]:
    """The cards of a reply; one alone is shown whole, several with their abstracts folded."""
    locale = locale or interface(language)
    lines = cards_lines(cards, language, locale=locale)
    if len(lines) == 1:
        return _messages(_card(lines[0], 0, locale, is_whole=True))
    return _messages(_cards(lines, locale, is_whole=False))


def text_messages(text: str, headings: Collection[str] = ()) -> list[Body]:
    """A plain text of several lines as messages without any markup; of its lines, headings are bold."""
    rows = [
        f"**{piece}**" if row in headings else piece
        for row in text.splitlines()
        for piece in pieces(escaped(row), CONTENT)
    ]
    return [_message(content=content) for content in _joined(rows, CONTENT)]


def button(label: str, command: str) -> Body:
    """A button that gives a command for the destination where it is."""
    return {"type": 2, "style": 2, "label": label[:_LABEL], "custom_id": f"sudi:at:{command}"}


def _linked(one: NamedLines | ChangeLines) -> str:
    """The form of a paragraph about a paper: its number links to it."""
    return f"[{escaped(one.id)}]({one.url}) {{}}"


@lru_cache(maxsize=4096)  # many readers have the same papers in their lists
def _brief(card: NamedLines) -> tuple[str, ...]:
    """A paper by its titles, of which the first is its link."""
    first, *others = (title.text for title in card.titles)
    row = "\n".join([_title(first, card), *map(escaped, others)])
    return (row,) if units(row) <= _ROW else tuple(_row(" / ".join([first, *others]), _linked(card)))


def _cards(lines: Iterable[CardLines], locale: str, *, is_whole: bool) -> list[_EmbedBlock]:
    return [
        block for number, card in enumerate(lines, 1) for block in _card(card, number, locale, is_whole=is_whole)
    ]


def _root(lines: DigestLines) -> Body:
    """The one message in the channel: what there is, title by title, as far as it goes into one message."""
    last = [*_head(lines), *_opening(lines)]
    footer = " · ".join(filter(None, (lines.query, lines.coverage)))[:_FOOTER]
    left = DESCRIPTION - _ROOM_FOR_MORE - sum(units(each) + 2 for each in last)
    rows: list[str] = []
    for number, card in enumerate(lines.cards, 1):
        first, *others = (title.text for title in card.titles)
        row = "\n".join([f"{number}. {_title(first, card)}", *map(escaped, others)])
        left -= units(row) + 2
        if left < 0:
            break
        rows.append(row)
    locale = {"zh-Hans": "zh", "zh-Hant": "zh-hant"}.get(lines.lang, "en")
    if below := len(lines.cards) - len(rows):
        rows.append(escaped(say("discord.more_below", locale, n=below)))
    if lines.more:
        rows.append(f"[{escaped(lines.more)}]({lines.link}#rest)" if lines.link else escaped(lines.more))
    return _message(embeds=[_embed("\n\n".join([*rows, *last]), footer)])


def _title(text: str, card: CardLines | NamedLines) -> str:
    """A title as the link of its paper; one that Discord might read as another link stands beside it."""
    if text and not _NO_LABEL.search(text):
        return f"[{escaped(text)}]({card.url})"
    return f"[{escaped(card.id)}]({card.url}) {escaped(text)}"


def _opening(lines: DigestLines) -> list[str]:
    """The link to the page with the whole digest, where there is one."""
    return [f"[{escaped(lines.open)}]({lines.link})"] if lines.link else []


def _named(lines: DigestLines, message: Body, locale: str) -> Body:
    """The first message with what it is and the first title above its embeds: that is all that is shown where
    previews are off, and in notifications: https://github.com/discord/discord-api-docs/issues/1087"""
    rows = [f"**{escaped(lines.title)}**"]
    if lines.cards:
        title = pieces(escaped(lines.cards[0].titles[0].text), TITLE)[0]
        rows = [say("discord.first", locale, n=lines.count - 1, heading=rows[0], title=title)]
    return {"content": _joined([*rows, *_row(lines.nothing)], CONTENT)[0]} | message


def _head(lines: DigestLines) -> list[str]:
    """What is missing."""
    return [row for each in (*lines.warnings, lines.lack) for row in _row(each)]


@lru_cache(maxsize=512)  # a day's papers go to many channels, one after the other
def _card(card: CardLines, number: int, locale: str, *, is_whole: bool) -> tuple[_EmbedBlock, ...]:
    """The embeds of one card."""
    blocks = []
    first, *others = card.titles
    numbered = f"{number}. {first.text}" if number else first.text
    title, *overflow = pieces(escaped(numbered) or card.id, TITLE - 1)
    notes = [row for note in card.notes for row in _passage(note)]
    rows = [
        *(f"**{piece}**" for piece in overflow),
        *(row for other in others for row in _row(other.text)),
        *_row(card.authors),
        *(row for line in card.lines for row in ("", *_passage(line))),
        "",
        *(row for row in (*_row(card.caution), *notes, *_row(card.reason))),
        " · ".join(f"[{escaped(one.name)}]({one.url})" for one in card.links),
        *(row for abstract in card.abstracts if is_whole for row in ("", *_passage(abstract))),
    ]
    descriptions = _joined(rows, DESCRIPTION)
    buttons = _buttons(card, number, locale, has_abstract=not is_whole and bool(card.abstracts))
    for part, description in enumerate(descriptions, 1):
        part_of = f" · {part}/{len(descriptions)}" if len(descriptions) > 1 else ""
        embed = _embed(description, card.head[:_FOOTER] + part_of)
        if part == 1:
            embed |= {"title": f"{title}…" if overflow else title, "url": card.url}
        blocks.append(_EmbedBlock(embed, buttons if part == 1 else ()))
    return tuple(blocks)


def _buttons(card: CardLines, number: int, locale: str, *, has_abstract: bool) -> tuple[Body, ...]:
    """A row for one card, under the number that it has."""
    verbs = {Verb.SHOW: has_abstract, Verb.SAVE: True, Verb.FOLLOW: bool(card.authors)}
    return tuple(
        button(say(f"discord.card_{verb}", locale, number=number or "").strip(), f"{verb} {card.id}")
        for verb, is_there in verbs.items()
        if is_there
    )


def _passage(passage: Passage) -> list[str]:
    return pieces(escaped(passage.lead) + marked(passage.runs), _ROW)


def _row(text: str, form: str = "{}") -> list[str]:
    """A paragraph; a very long one is several."""
    return [form.format(piece) for piece in pieces(escaped(text), _ROW)] if text else []


def _joined(rows: Sequence[str], limit: int) -> list[str]:
    """Rows in texts of at most `limit` units; each row fits by itself. An empty row is a gap, never at an end."""
    texts: list[list[str]] = []
    gap, size = "", 0
    for row in rows:
        if not row:
            gap = "\n" if texts else ""
            continue
        more = units(row)
        if texts and size + 1 + len(gap) + more <= limit:
            texts[-1].append(f"{gap}{row}")
            size += 1 + len(gap) + more
        else:
            texts.append([row])
            size = more
        gap = ""
    return ["\n".join(text) for text in texts]


def _messages(blocks: Iterable[_EmbedBlock]) -> list[Body]:
    """Embeds in messages, in order."""
    messages: list[Body] = []
    held: list[_EmbedBlock] = []
    rows = size = 0
    for block in blocks:
        more, row = block.size, bool(block.buttons)
        if held and (len(held) == EMBEDS or rows + row > _CARDS or size + more > TOGETHER):
            messages.append(_together(held))
            held = []
            rows = size = 0
        held.append(block)
        rows += row
        size += more
    return [*messages, _together(held)] if held else messages


def _together(blocks: Sequence[_EmbedBlock]) -> Body:
    rows = [{"type": 1, "components": list(block.buttons)} for block in blocks if block.buttons]
    return _message(embeds=[block.embed for block in blocks], components=rows)


def _message(**fields: Any) -> Body:
    return {name: value for name, value in fields.items() if value} | {"allowed_mentions": {"parse": []}}


def _embed(description: str, footer: str = "") -> Body:
    return {"description": description} | ({"footer": {"text": footer}} if footer else {})
