"""A digest as emails: as HTML and as plain text of the same worth, and in as many mails as fit. Pure.

The same digest gives the same emails. All texts of papers are escaped by Jinja; no header holds any.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.channels.email.outgoing import LINK, OutgoingEmail
from bot.digest import Digest
from bot.locale import say
from bot.presentation.cards import digest_lines, further_lines, interface
from bot.presentation.lines import CardLines, DigestLines, NamedLines

MOST_BYTES = 100_000
"""Of a mail's HTML as it is sent, encoded: Gmail shows 102 KB of the source, and hides the rest behind a link
(https://github.com/hteumeuleu/email-bugs/issues/41)."""

BASE64 = 4 / 3 * 78 / 76
"""How much longer a text is in that encoding, with the ends of its lines."""

_APART_FROM = 3  # fewer cards have their abstracts right under them; those of more are the second part of a mail
_CONTENTS_FROM = 11  # fewer cards need no table of contents
_LONGEST_TITLE = 72  # characters of the title in a subject
_PREVIEWED = 3  # titles that lists of mails show beside the subject
_LONG_LINK = "https://" + "x" * 150  # the reader's own, which is not known yet
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Weight:
    """Bytes of some HTML in each of the two encodings; a mail uses the lighter one."""

    quoted: int = 0
    base64: float = 0

    @classmethod
    def of(cls, html: str) -> _Weight:
        plain = html.encode()
        return cls(len(binascii.b2a_qp(plain)), len(plain) * BASE64)

    def __add__(self, other: _Weight) -> _Weight:
        return _Weight(self.quoted + other.quoted, self.base64 + other.base64)

    @property
    def lightest(self) -> float:
        return min(self.quoted, self.base64)


@dataclass(frozen=True, slots=True)
class _CardWords:
    """Our own words on the cards of a digest, and where their abstracts stand."""

    abstracts: str
    keep: str  # of the link by which a reader saves a paper, if there are pages
    is_apart: bool  # the abstracts stand below all cards


@dataclass(frozen=True, slots=True)
class _PaperBlock:
    """One paper in both forms: whole, under its number and with its lines, or only named."""

    html: str
    text: str
    weight: _Weight
    lines: CardLines | None = None
    number: int = 0
    apart_html: str = ""
    apart_text: str = ""
    is_brief: bool = False  # only named


@dataclass(frozen=True, slots=True)
class _Mail:
    """What one of several mails says of itself."""

    subject: str  # names its first paper
    numbered: str  # which of how many it is, and what it holds
    contents: str
    first: int
    cards: tuple[CardLines, ...]

    @property
    def preview(self) -> str:
        """What lists of mails show beside the subject: the first title in another language, and the next ones."""
        others = [title.text for card in self.cards[:1] for title in card.titles[1:]]
        return " · ".join([*others, *(card.titles[0].text for card in self.cards[1:_PREVIEWED])])


def emails(
    digest: Digest, *, has_page: bool, takes_commands: bool = False, contact: str = ""
) -> tuple[OutgoingEmail, ...]:
    """The mails of a digest, in order; `has_page`: whether readers have a page of their own.

    Where commands are not taken by mail, everything is named: there is no other way to it; and without pages, too,
    who wants no more mails writes to `contact`.
    """
    locale = interface(digest.destination.language)
    said = digest_lines(digest, names_all=not takes_commands)
    sentences = _sentences(locale, has_page=has_page, contact="" if takes_commands else contact)
    keep = say("email.keep", locale) if has_page else ""
    words = _CardWords(say("email.abstracts", locale), keep, is_apart=len(said.cards) >= _APART_FROM)
    groups = _packed(_blocks(said, digest, words), _frame(said, sentences, words))
    key = _id_of(digest.key)
    # Programs join what refers to a mail that they have; the first one there never was keeps the rest together.
    thread = (f"sudi.destination.{digest.destination.id}",)
    before = (f"{_id_of(digest.previous)}.1",) if digest.previous else ()
    made = []
    for number, group in enumerate(groups, 1):
        mail = _mail(said, group, number, len(groups), locale)
        html, text = _macro("html"), _macro("txt")
        abstracts = [block for block in group if block.apart_html]
        heading = [words.abstracts] if abstracts else []
        pages = [
            html.head(said, mail, LINK, sentences),
            *_joined(group),
            *(_styled(html.heading(each, said.lang)) for each in heading),
            *(block.apart_html for block in abstracts),
            html.foot(said, LINK, sentences),
        ]
        texts = [
            text.head(said, mail, LINK, sentences),
            *(block.text for block in group),
            *(text.heading(each, said.lang) for each in heading),
            *(block.apart_text for block in abstracts),
            text.foot(said, LINK, sentences),
        ]
        above = (*thread, *before) if number == 1 else (*thread, f"{key}.1")
        made.append(
            OutgoingEmail(
                id=f"{key}.{number}",
                subject=mail.subject,
                text=_text(texts),
                html=_page(said, mail, pages),
                above=above,
                destination=digest.destination.id,
            )
        )
    return tuple(made)


def _id_of(key: str) -> str:
    """What stands before the @ of the Message-IDs of a digest, less the number of the mail."""
    return f"sudi.{re.sub('[^A-Za-z0-9-]', '-', key)}"


def _sentences(locale: str, *, has_page: bool, contact: str) -> dict[str, str]:
    names = ("why", "acknowledgement", *(("settings", "stop") if has_page else ("leave",)))
    said = {"settings": ""} | {name: say(f"email.{name}", locale) for name in names}
    return said | (
        {"leave": say("email.leave_person", locale, contact=contact)} if contact and not has_page else {}
    )


def _blocks(said: DigestLines, digest: Digest, words: _CardWords) -> list[_PaperBlock]:
    html, text = _macro("html"), _macro("txt")
    whole = [_whole(card, number, words) for number, card in enumerate(said.cards, 1)]
    named = [_brief(card) for card in said.rest]
    if named:
        heading, first = _block(html.named(said.named, said.lang), text.named(said.named)), named[0]
        named[0] = replace(
            first,
            html=heading.html + first.html,
            text=heading.text + first.text,
            weight=heading.weight + first.weight,
        )
    if len(said.rest) < len(digest.rest):
        further = further_lines(digest, key="email.further")
        named += [_block(html.further(each), text.further(each)) for each in further]
    told = [
        _block(html.change(each, each is said.changes[0]), text.change(each, each is said.changes[0]))
        for each in said.changes
    ]
    return whole + named + told


@lru_cache(maxsize=512)  # a day's papers go to many mailboxes, one after the other
def _whole(card: CardLines, number: int, words: _CardWords) -> _PaperBlock:
    """One paper."""
    html, text = _macro("html"), _macro("txt")
    shown = _styled(html.card(card, number, LINK, words))
    has_apart = words.is_apart and bool(card.abstracts)
    apart = _styled(html.abstracts(card, number)) if has_apart else ""
    apart_text = str(text.abstracts(card, number)) if has_apart else ""
    # It also takes room in the table of contents.
    entry = f'<li lang="zh-Hans"><a href="#p100" style="color: #0b57d0;">{card.titles[0].text}</a></li>'
    weight = _Weight.of(shown.replace(LINK, _LONG_LINK) + apart + entry)
    return _PaperBlock(
        shown,
        str(text.card(card, number, LINK, words)),
        weight,
        card,
        number,
        apart_html=apart,
        apart_text=apart_text,
    )


@lru_cache(maxsize=4096)
def _brief(card: NamedLines) -> _PaperBlock:
    return _block(_macro("html").brief(card), _macro("txt").brief(card), is_brief=True)


def _block(html: str, text: str, *, is_brief: bool = False) -> _PaperBlock:
    styled = _styled(html)
    return _PaperBlock(styled, str(text), _Weight.of(styled), is_brief=is_brief)


def _joined(blocks: Sequence[_PaperBlock]) -> Iterator[str]:
    """The papers of a mail; what is alike in those that are only named is said once, around them."""
    before, end, after = _styled(_macro("html").briefs()).rpartition("</div>")
    for is_brief, some in groupby(blocks, key=lambda block: block.is_brief):
        inside = "".join(block.html for block in some)
        yield f"{before}{inside}{end}{after}" if is_brief else inside


def _frame(said: DigestLines, sentences: dict[str, str], words: _CardWords) -> _Weight:
    """What each mail weighs before the first paper is in it."""
    mail = _Mail(
        "x" * 2 * _LONGEST_TITLE,
        say("email.numbered", "en", number=99, all=99, first=9999, last=9999),
        "x" * 40,
        1,
        (),
    )
    longest = "https://" + "x" * 400  # the reader's own link, which is not known yet
    html = _macro("html")
    around = [html.head(said, mail, longest, sentences), html.heading(words.abstracts, said.lang)]
    return _Weight.of(_page(said, mail, [*around, html.foot(said, longest, sentences)])) + _Weight(1500, 1500)


def _packed(blocks: Sequence[_PaperBlock], frame: _Weight) -> list[list[_PaperBlock]]:
    """As few mails as hold everything, in order; a paper that is too big for any is alone in one."""
    groups: list[list[_PaperBlock]] = [[]]
    weight = frame
    for block in blocks:
        more = weight + block.weight
        if groups[-1] and more.lightest > MOST_BYTES:
            groups.append([])
            more = frame + block.weight
        groups[-1].append(block)
        weight = more
    return groups


def _mail(said: DigestLines, group: Sequence[_PaperBlock], number: int, count: int, locale: str) -> _Mail:
    numbers = [block.number for block in group if block.number]
    cards = tuple(block.lines for block in group if block.lines)
    part = f" ({number}/{count})" if count > 1 else ""
    subject = said.title
    if named := cards or said.rest:
        key = "email.subject" if said.count > 1 else "email.subject_alone"
        title = _cut(named[0].titles[0].text)
        subject = say(key, locale, title=title, all=said.count, n=said.count - 1, dates=said.dates)
    numbered = ""
    if count > 1:
        key = "email.numbered" if cards else "email.numbered_rest"
        first, last = (numbers[0], numbers[-1]) if numbers else (0, 0)
        numbered = say(key, locale, number=number, all=count, first=first, last=last)
    contents = say("email.contents", locale) if len(cards) >= _CONTENTS_FROM else ""
    return _Mail(f"{subject}{part}", numbered, contents, numbers[0] if numbers else 1, cards)


def _cut(title: str) -> str:
    """A title that fits into a subject, whole words if it has some."""
    if len(title) <= _LONGEST_TITLE:
        return title
    head, _, rest = title[:_LONGEST_TITLE].rpartition(" ")
    return f"{head if len(rest) < _LONGEST_TITLE // 3 else title[: _LONGEST_TITLE - 1]}…"


def _page(said: DigestLines, mail: _Mail, fragments: Sequence[str]) -> str:
    top, *papers, bottom = fragments
    inside = "".join([_styled(top), *papers, _styled(bottom)])
    dark = Markup(_styles("dark"))  # noqa: S704 (ours)
    return str(_macro("html").page(said, mail, dark, Markup(inside))).strip() + "\n"  # noqa: S704 (escaped by its template)


def _text(fragments: Sequence[str]) -> str:
    return "".join(str(fragment) for fragment in fragments).strip("\n") + "\n"


@lru_cache(maxsize=16)  # what stands around the papers is much the same in one mail after the other
def _styled(fragment: str) -> str:
    """HTML with inline styles: some mail programs ignore all others."""
    return CSSInliner(minify_css=True).inline_fragment(str(fragment), _styles("light"))


@cache
def _styles(name: str) -> str:
    """Our styles, without the spaces that each mail would repeat."""
    return re.sub(r"(?<=[,:;{}])\s+", "", (_HERE / f"{name}.css").read_text("utf-8"))


@cache
def _macro(kind: str) -> Any:
    """The template of one kind, `html` or `txt`; its macros are functions."""
    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return cast("ModuleType", templates.get_template(f"digest.{kind}.jinja").module)
