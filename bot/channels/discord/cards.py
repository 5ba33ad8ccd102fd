"""A digest and its cards as bodies of messages, inside every limit of Discord, with nothing cut. Pure.

A card is an embed: its link is a field of its own and can only come from the metadata. Abstracts are folded
behind a button. What does not fit into one embed goes on in the next one, numbered.

https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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

_COLOUR, _RED = 0x2B6CB0, 0xB3261E
_CARDS = 5  # of a message: as many rows of buttons as it takes
_ROW = 1_900  # units of one paragraph
_ROOM_FOR_MORE = 120  # units in the root for the line that says how many titles are not listed
_FOOTER = 40
_LABEL = 80  # of a button


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
    language = digest.destination.language
    is_direct = digest.destination.address.startswith("@")
    prefix = "/my" if is_direct else PREFIX  # which is not offered there
    lines = replace(
        lines, nothing=tuple(replace(one, text=one.text.replace(PREFIX, prefix)) for one in lines.nothing)
    )
    named = _row(lines.named, "**{}**")
    named += [row for card in lines.rest for row in _row(_titles(card), _linked(card))]
    further = further_lines(digest, f"{prefix} {Verb.TODAY} date:{{0.date}} page:{{0.page}}")
    named += [row for each in further for row in _row(each, "**{}**")]
    changes = [row for each in lines.changes for row in _row(each.said, _linked(each))]
    last = [_EmbedBlock(_embed(text)) for rows in (named, changes) for text in _joined(rows, DESCRIPTION)]
    blocks = [*_cards(lines.cards, language), *last]
    if style == "thread" and lines.cards and not is_direct:
        return [_named(lines, _root(lines)), *_messages(blocks)], lines.title
    blocks += [_EmbedBlock(_embed(each)) for each in _opening(lines)]
    head = _head(lines, [])
    first, *others = _messages([_EmbedBlock(head), *blocks] if head["description"] else blocks) or [_message()]
    return [_named(lines, first), *others], ""


def cards_messages(cards: Sequence[Card], language: Language) -> list[Body]:
    """The cards of a reply; one alone is shown whole, several with their abstracts folded."""
    lines = cards_lines(cards, language)
    if len(lines) == 1:
        return _messages(_card(lines[0], 0, language, is_whole=True))
    return _messages(_cards(lines, language))


def text_messages(text: str) -> list[Body]:
    """A plain text of several lines as messages without any markup."""
    rows = [piece for row in text.splitlines() for piece in pieces(escaped(row), CONTENT)]
    return [_message(content=content) for content in _joined(rows, CONTENT)]


def button(label: str, command: str) -> Body:
    """A button that gives a command for the destination where it is."""
    return {"type": 2, "style": 2, "label": label[:_LABEL], "custom_id": f"sudi:at:{command}"}


def _linked(one: NamedLines | ChangeLines) -> str:
    """The form of a paragraph about a paper: its number links to it."""
    return f"[{escaped(one.id)}]({one.url}) {{}}"


def _titles(card: NamedLines) -> str:
    return " / ".join(title.text for title in card.titles)


def _cards(lines: Iterable[CardLines], language: Language) -> list[_EmbedBlock]:
    return [
        block for number, card in enumerate(lines, 1) for block in _card(card, number, language, is_whole=False)
    ]


def _root(lines: DigestLines) -> Body:
    """The one message in the channel: what there is, title by title, as far as it goes into one message."""
    rows: list[str] = []
    left = DESCRIPTION - units(_head(lines, [])["description"]) - _ROOM_FOR_MORE - units(lines.more)
    left -= sum(map(units, _opening(lines)))
    for number, card in enumerate(lines.cards, 1):
        row = f"**{number}.** {' / '.join(marked(title.runs) for title in card.titles)}"
        left -= units(row) + 1
        if left < 0:
            locale = {"zh-Hans": "zh", "zh-Hant": "zh-hant"}.get(lines.lang, "en")
            rows.append(escaped(say("discord.more_below", locale, n=len(lines.cards) - len(rows))))
            break
        rows.append(row)
    if lines.more:
        rows.append(escaped(lines.more))
    rows += _opening(lines)
    return _message(embeds=[_head(lines, ["", *rows])])


def _opening(lines: DigestLines) -> list[str]:
    """The link to the page with the whole digest, where there is one."""
    return [f"[{escaped(lines.open)}]({lines.link})"] if lines.link else []


def _named(lines: DigestLines, message: Body) -> Body:
    """The first message with the title above its embeds: it is all that is shown where previews are off, and in
    notifications: https://github.com/discord/discord-api-docs/issues/1087"""
    return {"content": f"**{escaped(lines.title)}**"} | message


def _head(lines: DigestLines, rows: Sequence[str]) -> Body:
    warnings = [f"**{escaped(each)}**" for each in lines.warnings]
    said = [escaped(each) for each in (*(said.text for said in lines.nothing), lines.coverage) if each]
    said += [*warnings, escaped(lines.provenance)] if lines.provenance else warnings
    head = _embed("\n".join([*said, *rows]))
    return head | {"color": _RED if warnings else _COLOUR}


def _card(card: CardLines, number: int, language: Language, *, is_whole: bool) -> Iterator[_EmbedBlock]:
    """The embeds of one card."""
    first, *others = card.titles
    numbered = f"{number}. {first.text}" if number else first.text
    title, *overflow = pieces(escaped(numbered) or card.id, TITLE - 1)
    rows = [
        *(f"**{piece}**" for piece in overflow),
        *(row for other in others for row in _row(other.text, "**{}**")),
        *_row(card.missing),
        *(row for note in card.notes for row in _passage(note)),
        *_row(card.authors),
        *_row(f"{card.id} · {card.facts}"),
        " · ".join(f"[{escaped(one.name)}]({one.url})" for one in card.links),
        *_row(card.why, "> {}"),
        *(row for abstract in card.abstracts if is_whole for row in ("", *_passage(abstract))),
    ]
    descriptions = _joined(rows, DESCRIPTION)
    buttons = _buttons(card, number, language, has_abstract=not is_whole and bool(card.abstracts))
    for part, description in enumerate(descriptions, 1):
        embed = _embed(description)
        if part == 1:
            embed |= {"title": f"{title}…" if overflow else title, "url": card.url}
        if len(descriptions) > 1:
            embed["footer"] = {"text": f"{number or card.id} · {part}/{len(descriptions)}"[:_FOOTER]}
        yield _EmbedBlock(embed, buttons if part == 1 else ())


def _buttons(card: CardLines, number: int, language: Language, *, has_abstract: bool) -> tuple[Body, ...]:
    """A row for one card, under the number that it has."""
    verbs = {Verb.SHOW: has_abstract, Verb.SAVE: True, Verb.FOLLOW: bool(card.authors)}
    return tuple(
        button(say(f"discord.card_{verb}", interface(language), number=number or "").strip(), f"{verb} {card.id}")
        for verb, is_there in verbs.items()
        if is_there
    )


def _passage(passage: Passage) -> list[str]:
    label = f"**{escaped(passage.label)}** " if passage.label else ""
    first, *rest = pieces(marked(passage.runs), _ROW) or [""]
    return [label + first, *rest]


def _row(text: str, form: str = "{}") -> list[str]:
    """A paragraph; a very long one is several."""
    return [form.format(piece) for piece in pieces(escaped(text), _ROW)] if text else []


def _joined(rows: Sequence[str], limit: int) -> list[str]:
    """Rows in texts of at most `limit` units; each row fits by itself."""
    texts: list[str] = []
    for row in rows:
        if texts and units(texts[-1]) + 1 + units(row) <= limit:
            texts[-1] += f"\n{row}"
        elif row:
            texts.append(row)
    return texts


def _messages(blocks: Iterable[_EmbedBlock]) -> list[Body]:
    """Embeds in messages, in order."""
    messages: list[Body] = []
    held: list[_EmbedBlock] = []
    for block in blocks:
        rows = sum(bool(one.buttons) for one in [*held, block])
        size = sum(one.size for one in [*held, block])
        if held and (len(held) == EMBEDS or rows > _CARDS or size > TOGETHER):
            messages.append(_together(held))
            held = []
        held.append(block)
    return [*messages, _together(held)] if held else messages


def _together(blocks: Sequence[_EmbedBlock]) -> Body:
    rows = [{"type": 1, "components": list(block.buttons)} for block in blocks if block.buttons]
    return _message(embeds=[block.embed for block in blocks], components=rows)


def _message(**fields: Any) -> Body:
    return {name: value for name, value in fields.items() if value} | {"allowed_mentions": {"parse": []}}


def _embed(description: str) -> Body:
    return {"description": description, "color": _COLOUR}
