"""A card of the reading room: what every channel says of a paper, as a page sets it. For a thread; no markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.changes import changes, is_withdrawn
from bot.digest import Card
from bot.jobs.compose import english_line
from bot.locale import say
from bot.model import ChangeKind, Language, Paper, Summary
from bot.presentation.cards import cards_lines, interface
from bot.presentation.dates import short_day
from bot.presentation.lines import Passage
from bot.presentation.links import Link
from bot.store.versions import Version
from bot.web.room.found import Seen

_QUOTED = re.compile("(“[^”]*”)")


@dataclass(frozen=True, slots=True)
class CardView:
    """One paper, in reading order; the reader's first language comes first."""

    id: str
    url: str
    facts: str
    is_withdrawn: bool
    titles: tuple[Passage, ...]
    authors: str
    lines: tuple[Passage, ...]
    caution: str
    notes: tuple[Passage, ...]
    why: tuple[tuple[str, bool], ...]  # each piece, and whether it is a word of the query
    queries: tuple[str, ...]  # that found it, where it is not said above
    abstracts: tuple[Passage, ...]
    links: tuple[Link, ...]


def shown(
    some: Iterable[Seen], language: Language, english: Mapping[Version, Summary], *, is_dated: bool = False
) -> list[CardView]:
    """The cards of papers that a page has found; what was found is marked, and needs no reason in words."""
    return [replace(view(_card(one, english), language, is_dated=is_dated), why=()) for one in some]


def view(card: Card, language: Language, *, is_dated: bool = False, queries: Sequence[str] = ()) -> CardView:
    """One card for a reader of a language."""
    has_line = language is not Language.EN and card.summary and card.summary.one_line
    line = card.english or (None if has_line else _english_line(card.paper))
    card = replace(card, subscriptions=(), english=line)
    (lines,) = cards_lines([card], language)
    lead = say("card.because", interface(language), reasons="").rstrip()
    return CardView(
        id=lines.id,
        url=lines.url,
        facts=f"{lines.facts} · {short_day(card.date, interface(language))}" if is_dated else lines.facts,
        is_withdrawn=is_withdrawn(card.paper),
        titles=lines.titles,
        authors=lines.authors,
        lines=lines.lines,
        caution=lines.caution if card.summary and not card.lacks else "",
        notes=lines.notes,
        why=tuple(_pieces(lines.why.removeprefix(lead).strip())),
        queries=tuple(queries),
        abstracts=_abstracts(card, lines.abstracts, language),
        links=lines.links,
    )


def became(one: CardView, before: Paper, now: Paper, locale: str) -> CardView:
    """A card with what has become of its paper since the version that it shows."""
    if now.version <= before.version:
        return one
    change = next(changes(before, now), None)
    if change is None:
        since = say("room.since_revised", locale, version=now.version)
    elif change.kind is ChangeKind.MOVED:
        since = say("room.since_moved", locale, after=change.after)
    else:
        since = say("card.type_withdrawn", locale, version=now.version)
    is_gone = change is not None and change.kind is ChangeKind.WITHDRAWN
    return replace(one, facts=f"{one.facts} · {since}", is_withdrawn=one.is_withdrawn or is_gone)


def _card(one: Seen, english: Mapping[Version, Summary]) -> Card:
    paper, made = one.candidate.paper, one.candidate.summary
    line = english.get((paper.id, paper.version))
    return Card(paper, one.type, one.candidate.date, one.reasons, summary=made, english=line)


@lru_cache(maxsize=4096)  # whoever reads English asks for it
def _english_line(paper: Paper) -> Summary:
    return english_line(paper)


def _pieces(why: str) -> Iterator[tuple[str, bool]]:
    """A reason with what was looked for apart, which is in quotation marks."""
    for piece in filter(None, _QUOTED.split(why)):
        yield piece, _QUOTED.fullmatch(piece) is not None


def _abstracts(card: Card, abstracts: Sequence[Passage], language: Language) -> tuple[Passage, ...]:
    """All that there are, the reader's first language first."""
    if language.plain is Language.EN:
        return tuple(abstracts)
    known = {one.lang for one in abstracts}
    english = () if "en" in known else cards_lines([replace(card, english=None)], Language.EN)[0].abstracts
    both = [*abstracts, *english]
    return tuple(both if language.plain is Language.ZH else sorted(both, key=lambda one: one.lang != "en"))
