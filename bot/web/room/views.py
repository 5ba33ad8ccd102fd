"""The pages of the reading room as HTML. What takes long is for a thread; nothing is read or kept here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from math import ceil
from typing import Any, NamedTuple

from bot.commands.newcomers import mailbox
from bot.commands.rates import rate_in_words
from bot.digest import Card, Lack
from bot.errors import QueryError
from bot.locale import say
from bot.matching import Candidate
from bot.model import Language
from bot.presentation import citation
from bot.presentation.cards import lang_tag
from bot.presentation.dates import bare_days, short_day
from bot.query import Query, stored
from bot.settings import Settings
from bot.verbs import Verb
from bot.web.room import cards, words
from bot.web.room.asked import PAGE, Parameters
from bot.web.room.categories import groups
from bot.web.room.days import DayPapers, Overview
from bot.web.room.digests import DigestContents
from bot.web.room.feed import entries
from bot.web.room.found import FoundOn, PartFound, found_on, parts_found, seen
from bot.web.room.table import date_rows
from bot.web.room.words import Calendar, Missing
from bot.web.templates import Around, Choice, Templates, mail_link, other_language

SEARCHED = 5
"""Dates that a search looks at, newest first."""

_LANGUAGES = {
    Language.EN: ("English", "en"),
    Language.ZH: ("简体中文", "zh-Hans"),
    Language.ZH_HANT: ("繁體中文", "zh-Hant"),
    Language.BOTH: ("English + 简体", "zh-Hans"),
    Language.BOTH_HANT: ("English + 繁體", "zh-Hant"),
}
_AROUND_PAGE = 2  # numbers of pages on each side
_NEAREST = 3  # other queries that are offered


class Place(NamedTuple):
    """Where a page is: the ways from it to the first page of the room, and to that of the site."""

    room: str
    up: str
    has_digest: bool


@dataclass(frozen=True, slots=True)
class _Section:
    """The cards of one date."""

    words: str
    url: str
    count: str
    cards: Sequence[cards.CardView]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest date, and one of its papers as an example."""

    day: str
    url: str
    count: str
    card: cards.CardView


class Views:
    """All pages; each is in the language that is asked for."""

    def __init__(self, settings: Settings, lack: Callable[[], Lack]) -> None:
        self._settings = settings
        self._mailbox = mailbox(settings)
        self._lack = lack
        self._templates = Templates()

    async def day(
        self, day: DayPapers, calendar: Calendar, asked: Parameters, place: Place, canonical: str
    ) -> tuple[str, int]:
        """The papers of one date, and the status of the answer."""
        return await asyncio.to_thread(self._day, day, calendar, asked, place, canonical)

    async def search(
        self, days: Sequence[DayPapers], calendar: Calendar, asked: Parameters, place: Place, *, has_older: bool
    ) -> tuple[str, int]:
        """What a query finds on several dates, newest first."""
        return await asyncio.to_thread(self._search, days, calendar, asked, place, has_older)

    async def digest(self, contents: DigestContents, asked: Parameters, place: Place) -> tuple[str, int]:
        """The papers of a delivery, in its order."""
        return await asyncio.to_thread(self._digest, contents, asked, place)

    async def paper(self, one: Candidate, asked: Parameters, place: Place) -> str:
        """One paper, open."""
        return await asyncio.to_thread(self._paper, one, asked, place)

    async def feed(self, days: Sequence[DayPapers], asked: Parameters) -> tuple[str, int]:
        """The newest papers that a query finds, as Atom; or why the query cannot be read."""
        return await asyncio.to_thread(self._feed, days, asked)

    def bibtex(self, one: Candidate) -> str:
        """The entry of a paper."""
        return citation.bibtex(one.paper)

    def missing(self, why: Missing, day: date, calendar: Calendar, asked: Parameters, place: Place) -> str:
        """Why there is nothing of a date, and the nearest two that there are."""
        ways = [
            Choice(asked.bare.at(f"{place.room}papers/{one}"), arrow.format(short_day(one, asked.locale)))
            for one, arrow in zip(calendar.around(day), ("← {}", "{} →"), strict=True)
            if one
        ]
        return self._written(
            "state.html.jinja", asked, place, why.heading, heading=why.heading, lines=[why.line] * bool(why.line),
            ways=ways,
        )  # fmt: skip

    def newest(self, day: DayPapers, asked: Parameters) -> Newest | None:
        """The newest date for the front page, and its first paper with a Chinese line, else the first."""
        if not day.papers:
            return None
        one = next((each for each in day.papers if each.summary and each.summary.one_line), day.papers[0])
        (card,) = cards.shown([seen(one)], asked.language, day.english)
        count = say("room.count", asked.locale, n=len(day.papers), count=f"{len(day.papers):,}")
        return Newest(words.day_words(day.date, asked.locale), asked.at(f"papers/{day.date}"), count, card)

    def dates(self, overview: Overview, calendar: Calendar, asked: Parameters, place: Place) -> str:
        """The stored dates as a table."""
        locale = asked.locale
        title = say("room.dates", locale)
        if not calendar.stored:
            return self.missing(calendar_nothing(calendar, locale), calendar.now.date(), calendar, asked, place)
        kept = say(
            "room.kept", locale, n=self._settings.bot_keep_days,
            span=bare_days(calendar.stored, locale),
        )  # fmt: skip
        rows = list(date_rows(overview, calendar, asked, place.room))
        return self._written("dates.html.jinja", asked, place, title, kept=kept, rows=rows)

    def _day(
        self, day: DayPapers, calendar: Calendar, asked: Parameters, place: Place, canonical: str
    ) -> tuple[str, int]:
        locale = asked.locale
        before, after = calendar.around(day.date)
        coverage, warnings = words.coverage_words(day, calendar.zone, locale)
        lacking = [] if day.chinese or asked.language is Language.EN else [self._lack_words(locale)]
        values = {
            "heading": words.day_words(day.date, locale),
            "date": day.date.isoformat(),
            "before": before and Choice(asked.at(f"{place.room}papers/{before}"), short_day(before, locale)),
            "after": after and Choice(asked.at(f"{place.room}papers/{after}"), short_day(after, locale)),
            "coverage": " · ".join([coverage, *lacking]),
            "warnings": warnings,
            "canonical": canonical,
            "elsewhere": asked.at(f"{place.room}search") if asked.q or asked.categories else "",
        }
        return self._listed([day], asked, place, values)

    def _lack_words(self, locale: str) -> str:
        return say(f"room.no_chinese_{self._lack() or Lack.LATE}", locale)

    def _search(
        self, days: Sequence[DayPapers], calendar: Calendar, asked: Parameters, place: Place, has_older: bool
    ) -> tuple[str, int]:
        oldest = days[-1].date if days else calendar.now.date()
        more = None
        if has_older:
            said = say("room.search_before", asked.locale, day=short_day(oldest, asked.locale))
            more = Choice(asked.at(before=oldest.isoformat()), said)
        values: dict[str, Any] = {
            "heading": say("room.search_title", asked.locale), "date": "", "before": None, "after": None,
            "coverage": "", "warnings": (), "canonical": "", "elsewhere": "", "more": more,
        }  # fmt: skip
        return self._listed(days, asked, place, values)

    def _listed(
        self, days: Sequence[DayPapers], asked: Parameters, place: Place, values: dict[str, Any]
    ) -> tuple[str, int]:
        """A page with papers of some dates, whatever its query."""
        locale, is_search = asked.locale, not values["date"]
        status, refused = HTTPStatus.OK, ""
        try:
            query = asked.both
            found = [found_on(day, asked) for day in days] if query or not is_search else []
        except QueryError as error:
            refused, query, found = say(error.key, locale, **error.values), None, []
            status = HTTPStatus.BAD_REQUEST
        total = sum(len(one.papers) for one in found)
        pages = max(ceil(total / PAGE), 1)
        nothing: tuple[str, str] | None = None
        nearest: Sequence[Choice] = ()
        if not refused and not 1 <= asked.page <= pages:
            status = HTTPStatus.NOT_FOUND
            nothing = say("room.no_page", locale), say("room.no_page_why", locale, n=pages)
        elif total == 0 and query:
            parts = parts_found(days, query)
            nothing, nearest = words.nothing_words(parts, locale), list(_nearest(parts, asked))
        if is_search and query:
            counted = say("room.count", locale, n=total, count=f"{total:,}")
            span = bare_days([day.date for day in days], locale) if days else ""
            values["heading"] = say("room.search_found", locale, papers=counted, span=span) if span else counted
        codes = query.categories if query and days else ()
        unread = words.unread_words(codes, days[0].state, locale) if codes else ""
        alone = sum(len(one.codes) for one in found)
        has_list = bool(found) and bool(alone or total)
        return self._written(
            "papers.html.jinja", asked, place, values["heading"], target="list",
            **{"more": None} | values,
            refused=refused,
            words=words.query_words(query, locale) if query else "",
            reset=asked.bare.at(),
            notes=[unread] * bool(unread),
            daily=str(query) if query else "",
            rate=rate_in_words(total / len(days), locale) if is_search and query and days and not unread else "",
            mailto=mail_link(self._mailbox, f"{Verb.SUBSCRIBE} {query}") if query else "",
            feed=self._feed_url(query, asked, place),
            groups=groups(found, asked) if has_list else (),
            all=_All(asked.at(categories=()), alone),
            bar=words.bar_words(asked.page, total, locale, is_said=is_search) if status == HTTPStatus.OK else "",
            fold=_fold(asked),
            pages=list(_pages(asked, pages)) if pages > 1 else (),
            page=str(asked.page),
            previous=asked.at(page=asked.page - 1) if 1 < asked.page <= pages else "",
            following=asked.at(page=asked.page + 1) if 1 <= asked.page < pages else "",
            nothing=nothing,
            nearest=nearest,
            sections=list(_sections(found, asked, place)) if status == HTTPStatus.OK else (),
        ), status  # fmt: skip

    def _digest(self, contents: DigestContents, asked: Parameters, place: Place) -> tuple[str, int]:
        locale, all_cards = asked.locale, list(enumerate(contents.cards, 1))
        pages = max(ceil(len(all_cards) / PAGE), 1)
        if not 1 <= asked.page <= pages or not all_cards:
            heading = say("room.no_page" if all_cards else "room.digest_gone", locale)
            line = say("room.no_page_why", locale, n=pages) if all_cards else say("room.digest_gone_why", locale)
            text = self._written("state.html.jinja", asked, place, heading, heading=heading, lines=[line], ways=())
            return text, HTTPStatus.NOT_FOUND
        part = all_cards[(asked.page - 1) * PAGE : asked.page * PAGE]
        dates = sorted({card.date for card in contents.cards}, reverse=True)
        found_by = list(
            dict.fromkeys(one.query for card in contents.cards for one in card.subscriptions if one.query)
        )
        beyond = len(all_cards) - contents.shown
        views = [
            (number, cards.became(_of_digest(card, asked, names=len(found_by) > 1, is_dated=len(dates) > 1),
                                  card.paper, contents.newest[card.paper.id], locale))
            for number, card in part
        ]  # fmt: skip
        rest_page = contents.shown // PAGE + 1
        heading = say("room.digest_title", locale, span=bare_days(dates, locale))
        said = say("room.digest_all" if beyond <= 0 else "room.digest_said", locale, n=len(all_cards),
                   shown=contents.shown)  # fmt: skip
        return self._written(
            "digest.html.jinja", asked, place, heading, target="list",
            heading=heading,
            said=said,
            queries=found_by if len(found_by) == 1 else (),
            rest_at=f"{asked.at(page=rest_page) if rest_page != asked.page else ''}#rest" if beyond > 0 else "",
            beyond=max(beyond, 0),
            in_message=min(contents.shown, len(all_cards)),
            fold=_fold(asked),
            days=[
                Choice(asked.at(f"{place.room}papers/{day}"), say("room.whole_day", locale,
                       day=short_day(day, locale)))
                for day in dates[:SEARCHED]
            ],
            bar=words.bar_words(asked.page, len(all_cards), locale),
            pages=list(_pages(asked, pages)) if pages > 1 else (),
            page=str(asked.page),
            cards=[one for one in views if one[0] <= contents.shown],
            rest=[one for one in views if one[0] > contents.shown],
        ), HTTPStatus.OK  # fmt: skip

    def _paper(self, one: Candidate, asked: Parameters, place: Place) -> str:
        locale = asked.locale
        kind = min(one.types.values(), key=list(type(next(iter(one.types.values())))).index)
        view = cards.view(Card(one.paper, kind, one.date, summary=one.summary), asked.language)
        comma = say("digest.comma", locale)
        day = words.day_words(one.date, locale)
        where = comma.join(words.category_words(code, locale) for code in one.types)
        return self._written(
            "paper.html.jinja", asked, place, view.titles[0].text,
            heading=one.paper.label,
            lines=[say("room.announced", locale, day=day, where=where)],
            day=Choice(asked.at(f"{place.room}papers/{one.date}"), say("room.whole_day", locale,
                       day=short_day(one.date, locale))),
            tags=list(citation.meta_tags(one.paper, one.date)),
            one=view,
            entry=citation.bibtex(one.paper),
        )  # fmt: skip

    def _feed(self, days: Sequence[DayPapers], asked: Parameters) -> tuple[str, int]:
        try:
            found = [found_on(day, asked) for day in days]
        except QueryError as error:
            return say(error.key, asked.locale, **error.values), HTTPStatus.BAD_REQUEST
        base = self._settings.bot_public_url
        return self._templates.document(
            "feed.atom.jinja",
            title=words.query_words(asked.both, asked.locale) if asked.both else "",
            address=f"{base}/feed.atom{asked.at()}",
            page=asked.at(f"{base}/search"),
            entries=list(entries(found, asked)),
            updated=f"{days[0].date if days else '1970-01-01'}T00:00:00Z",
            lang=lang_tag(asked.locale),
        ), HTTPStatus.OK

    def _feed_url(self, query: Query | None, asked: Parameters, place: Place) -> str:
        is_public = self._settings.bot_reading_room == "public" and not place.has_digest
        return asked.at(f"{place.room}feed.atom", is_open=False) if query and is_public else ""

    def _written(self, template: str, asked: Parameters, place: Place, title: str, **values: Any) -> str:
        """A page in its frame."""
        other = Language.ZH if asked.locale == "en" else Language.BOTH
        quick = other_language(asked.locale, asked.spoken(other))
        tail = asked.bare.at("x", is_open=False).removeprefix("x")
        target = values.pop("target", "main")
        around = Around(
            locale=asked.locale,
            up=place.up,
            title=title,
            home=f"{place.room}{'' if place.has_digest else 'papers'}{tail}",
            ways=(Choice(f"{place.room}papers{tail}", say("room.newest", asked.locale)),
                  Choice(f"{place.room}dates{tail}", say("room.dates", asked.locale)), quick),
            languages=[Choice(asked.spoken(one), name, tag) for one, (name, tag) in _LANGUAGES.items()],
            has_script=target == "list",
            target=target,
            skip="room.skip" if target == "list" else "web.skip",
        )  # fmt: skip
        return self._templates.page(template, around, "room", asked=asked, room=place.room, tail=tail, **values)


@dataclass(frozen=True, slots=True)
class _All:
    """All categories together."""

    url: str
    count: int


def calendar_nothing(calendar: Calendar, locale: str) -> Missing:
    """That nothing is stored at all."""
    found = calendar.missing(calendar.now.date(), None, locale)
    assert found is not None  # noqa: S101  # nothing is stored
    return found


def _sections(found: Sequence[FoundOn], asked: Parameters, place: Place) -> Iterator[_Section]:
    """The cards of a page, date by date."""
    skip, room = (asked.page - 1) * PAGE, PAGE
    for one in found:
        part = one.papers[skip : skip + room]
        skip, room = max(skip - len(one.papers), 0), room - len(part)
        if part:
            count = say("room.count", asked.locale, n=len(one.papers), count=f"{len(one.papers):,}")
            title = short_day(one.date, asked.locale) if len(found) > 1 else ""
            url = asked.at(f"{place.room}papers/{one.date}")
            yield _Section(title, url, count, cards.shown(part, asked.language, one.day.english))


def _nearest(parts: Sequence[PartFound], asked: Parameters) -> Iterator[Choice]:
    """The same page without one part of its query, where that finds papers: the most first."""
    for one in sorted(parts, key=lambda each: -each.near)[:_NEAREST]:
        if one.near and isinstance(stored(str(one.others)), Query):
            words_ = say("room.nearest", asked.locale, n=one.near, count=f"{one.near:,}", part=one.part)
            yield Choice(asked.at(q=str(one.others), categories=()), words_)


def _of_digest(card: Card, asked: Parameters, *, names: bool, is_dated: bool) -> cards.CardView:
    queries = [one.query for one in card.subscriptions if one.query] if names else []
    return cards.view(card, asked.language, is_dated=is_dated, queries=queries)


def _fold(asked: Parameters) -> Choice:
    words_ = say("room.fold_all" if asked.is_open else "room.unfold_all", asked.locale)
    return Choice(asked.at(page=asked.page, is_open=not asked.is_open), words_)


def _pages(asked: Parameters, pages: int) -> Iterator[Choice]:
    """The first page, the last one, and those around this one."""
    near = range(asked.page - _AROUND_PAGE, asked.page + _AROUND_PAGE + 1)
    before = 0
    for number in (n for n in range(1, pages + 1) if n in (1, pages) or n in near):
        if number > before + 1:
            yield Choice("", "…")
        yield Choice(asked.at(page=number), str(number))
        before = number
